#include "sim/ns3/core_router.hpp"

#include "sim/trial/routers.hpp"

namespace punchlab::sim_ns3 {

void CoreRouter::SetDevice(trial::HostId side, std::size_t gateways, ns3::Ptr<ns3::NetDevice> device) {
  accesses_[static_cast<std::size_t>(side)] = {{side, static_cast<std::uint8_t>(gateways)}, RouteVia(device)};
}

bool CoreRouter::RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                            ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback forward,
                            MulticastForwardCallback, LocalDeliverCallback, ErrorCallback) {
  const auto side = table_.side_of(from_ns3(header.GetDestination()));
  if (!side) {
    ReportNoRoute(*payload, header, device);
    return true;
  }
  if (header.GetTtl() > 1) {
    forward(accesses_[static_cast<std::size_t>(*side)].route, payload, header);
    return true;
  }
  PacketBuffer buffer;
  for (const auto& [place, back] : accesses_)
    if (back && back->GetOutputDevice() == device)
      Expire(assemble(header, *payload, buffer), place, trial::core_address(Family::ipv4), back);
  return true;
}

void CoreRouter::ReportNoRoute(const ns3::Packet& payload, const ns3::Ipv4Header& header,
                               ns3::Ptr<const ns3::NetDevice> device) {
  PacketBuffer buffer;
  for (const auto& [place, back] : accesses_)
    if (back && back->GetOutputDevice() == device)
      context_.report(trial::PacketEvent::Kind::no_route, place.side, place.index, nat::Reason::translated,
                      assemble(header, payload, buffer));
}

void CoreRouter::DoDispose() {
  accesses_ = {};
  Router::DoDispose();
}

}  // namespace punchlab::sim_ns3
