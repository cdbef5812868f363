#include "sim/ns3/shared_switch.hpp"

#include "sim/trial/core_routes.hpp"

namespace punchlab::sim_ns3 {

void SharedSwitch::SetDevice(trial::HostId place, ns3::Ptr<ns3::NetDevice> device) {
  routes_[static_cast<std::size_t>(place)] = RouteVia(device);
}

trial::HostId SharedSwitch::PlaceOf(ns3::Ptr<const ns3::NetDevice> device) const {
  for (const auto side : {trial::HostId::client, trial::HostId::connector})
    if (routes_[static_cast<std::size_t>(side)]->GetOutputDevice() == device) return side;
  return trial::HostId::shared;
}

bool SharedSwitch::RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                              ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback, MulticastForwardCallback,
                              LocalDeliverCallback, ErrorCallback) {
  const auto from = PlaceOf(device);
  const auto to = trial::way_in_shared_network(*topology_, from, from_ns3(header.GetDestination()));
  if (to) {
    ipv4_->SendWithHeader(ns3::ConstCast<ns3::Packet>(payload), header, routes_[static_cast<std::size_t>(*to)]);
    return true;
  }
  PacketBuffer buffer;
  context_.report(trial::PacketEvent::Kind::no_route, from, 0, nat::Reason::translated,
                  assemble(header, *payload, buffer));
  return true;
}

void SharedSwitch::DoDispose() {
  routes_ = {};
  Router::DoDispose();
}

}  // namespace punchlab::sim_ns3
