#pragma once
// The internet's core: one router with a host route to every public address.
#include <array>

#include "sim/ns3/router.hpp"
#include "sim/trial/core_routes.hpp"

namespace punchlab::sim_ns3 {

class CoreRouter final : public Router {
 public:
  using Router::Router;

  /// The access link of `side`, a host or the shared network, which has `gateways` gateways.
  void SetDevice(trial::HostId side, std::size_t gateways, ns3::Ptr<ns3::NetDevice> device);
  void Reset(const trial::Topology& topology) { table_.assign(topology); }

  bool RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                  ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback forward, MulticastForwardCallback,
                  LocalDeliverCallback, ErrorCallback) override;

 protected:
  void DoDispose() override;

 private:
  void ReportNoRoute(const ns3::Packet& payload, const ns3::Ipv4Header& header, ns3::Ptr<const ns3::NetDevice> device);

  struct Access {
    RouterPlace place;
    ns3::Ptr<ns3::Ipv4Route> route;
  };
  std::array<Access, trial::kPlaces> accesses_;  ///< of those that lead here; others have no route
  trial::CoreRoutes table_;
};

}  // namespace punchlab::sim_ns3
