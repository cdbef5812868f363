#include "sim/ns3/access_relay.hpp"

namespace punchlab::sim_ns3 {

void AccessRelay::SetDevices(ns3::Ptr<ns3::NetDevice> inside, ns3::Ptr<ns3::NetDevice> outside) {
  outside_device_ = outside;
  inside_ = RouteVia(inside);
  outside_ = RouteVia(outside);
}

bool AccessRelay::RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                             ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback, MulticastForwardCallback,
                             LocalDeliverCallback, ErrorCallback) {
  const auto route = device == outside_device_ ? inside_ : outside_;
  ipv4_->SendWithHeader(ns3::ConstCast<ns3::Packet>(payload), header, route);
  return true;
}

void AccessRelay::DoDispose() {
  outside_device_ = nullptr;
  inside_ = outside_ = nullptr;
  Router::DoDispose();
}

}  // namespace punchlab::sim_ns3
