#pragma once
// What routers of every kind share as ns-3 routing protocols: cached routes, ICMP errors, and nothing else.
#include "sim/ns3/conversions.hpp"
#include "sim/ns3/trial_context.hpp"

namespace punchlab::sim_ns3 {

/// A router as reports name it: the gateway of a side, counted from its host. The core counts as one more gateway of
/// the side that a packet came from.
struct RouterPlace {
  trial::HostId side = trial::HostId::client;
  std::uint8_t index = 0;
};

class Router : public ns3::Ipv4RoutingProtocol {
 public:
  explicit Router(TrialContext& context) : context_(context) {}

  /// Our routers originate nothing but ICMP errors, whose way is known.
  ns3::Ptr<ns3::Ipv4Route> RouteOutput(ns3::Ptr<ns3::Packet>, const ns3::Ipv4Header&, ns3::Ptr<ns3::NetDevice>,
                                       ns3::Socket::SocketErrno& error) override {
    error = ns3::Socket::ERROR_NOROUTETOHOST;
    return nullptr;
  }
  void NotifyInterfaceUp(std::uint32_t) override {}
  void NotifyInterfaceDown(std::uint32_t) override {}
  void NotifyAddAddress(std::uint32_t, ns3::Ipv4InterfaceAddress) override {}
  void NotifyRemoveAddress(std::uint32_t, ns3::Ipv4InterfaceAddress) override {}
  void SetIpv4(ns3::Ptr<ns3::Ipv4> ipv4) override { ipv4_ = ns3::DynamicCast<ns3::Ipv4L3Protocol>(ipv4); }
  void PrintRoutingTable(ns3::Ptr<ns3::OutputStreamWrapper>, ns3::Time::Unit) const override {}

 protected:
  /// The route to whatever is at the other end of `device`.
  static ns3::Ptr<ns3::Ipv4Route> RouteVia(ns3::Ptr<ns3::NetDevice> device);
  /// Sends a whole IP packet that the router at `place` itself made, for `reason`.
  void Originate(Bytes packet, RouterPlace place, nat::Reason reason, ns3::Ptr<ns3::Ipv4Route> route);
  /// Reports that the TTL of `packet` ran out at `place` and tells its sender, from `router`, on the way `back`.
  void Expire(Bytes packet, RouterPlace place, const IpAddress& router, ns3::Ptr<ns3::Ipv4Route> back);
  void DoDispose() override;

  TrialContext& context_;
  ns3::Ptr<ns3::Ipv4L3Protocol> ipv4_;
};

}  // namespace punchlab::sim_ns3
