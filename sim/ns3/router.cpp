#include "sim/ns3/router.hpp"

#include "sim/packet/icmp.hpp"

namespace punchlab::sim_ns3 {

ns3::Ptr<ns3::Ipv4Route> Router::RouteVia(ns3::Ptr<ns3::NetDevice> device) {
  const auto route = ns3::Create<ns3::Ipv4Route>();
  route->SetGateway(ns3::Ipv4Address::GetAny());
  route->SetOutputDevice(device);
  return route;
}

void Router::Originate(Bytes packet, RouterPlace place, nat::Reason reason, ns3::Ptr<ns3::Ipv4Route> route) {
  context_.report(trial::PacketEvent::Kind::originated, place.side, place.index, reason, packet);
  ipv4_->SendWithHeader(payload_of(packet), header_of(packet), route);
}

void Router::Expire(Bytes packet, RouterPlace place, const IpAddress& router, ns3::Ptr<ns3::Ipv4Route> back) {
  context_.report(trial::PacketEvent::Kind::ttl_expired, place.side, place.index, nat::Reason::ttl_expired, packet);
  PacketBuffer error;
  const auto size = packet::write_icmp_error(error, packet::IcmpError::ttl_expired, router, packet);
  if (size > 0) Originate(Bytes{error}.first(size), place, nat::Reason::ttl_expired, back);
}

void Router::DoDispose() {
  ipv4_ = nullptr;
  Ipv4RoutingProtocol::DoDispose();
}

}  // namespace punchlab::sim_ns3
