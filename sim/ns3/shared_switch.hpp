#pragma once
// The network that both peers stand in, as a switch: it knows its addresses and takes no hop off the TTL.
#include <array>

#include "sim/ns3/router.hpp"

namespace punchlab::sim_ns3 {

class SharedSwitch final : public Router {
 public:
  using Router::Router;

  /// What leads to a peer, or (`shared`) to the innermost shared gateway.
  void SetDevice(trial::HostId place, ns3::Ptr<ns3::NetDevice> device);
  /// `topology` must live until the next reset.
  void Reset(const trial::Topology& topology) { topology_ = &topology; }

  bool RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                  ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback, MulticastForwardCallback,
                  LocalDeliverCallback, ErrorCallback) override;

 protected:
  void DoDispose() override;

 private:
  trial::HostId PlaceOf(ns3::Ptr<const ns3::NetDevice> device) const;

  const trial::Topology* topology_ = nullptr;
  std::array<ns3::Ptr<ns3::Ipv4Route>, trial::kPlaces> routes_;  ///< none to the relay
};

}  // namespace punchlab::sim_ns3
