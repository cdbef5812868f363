#pragma once
// What the core router knows: which side owns each address of the public internet.
#include <optional>
#include <vector>

#include "sim/trial/topology.hpp"

namespace punchlab::trial {

/// Host routes of the internet's core. Private addresses (RFC 1918, RFC 6598, ULA) have none: packets to them die
/// there.
class CoreRoutes {
 public:
  /// Every public address of hosts and gateways.
  void assign(const Topology& topology) {
    routes_.clear();
    for (std::size_t i = 0; i < kHosts; ++i) {
      const auto side = static_cast<HostId>(i);
      for (const auto& address : topology.hosts[i].addresses) add(address, side);
      for (const auto& gateway : topology.hosts[i].gateways)
        for (const auto& address : gateway.addressing.external) add(address, side);
    }
  }
  std::optional<HostId> side_of(const IpAddress& destination) const {
    for (const auto& route : routes_)
      if (route.destination == destination) return route.side;
    return std::nullopt;
  }

  struct Route {
    IpAddress destination;
    HostId side;
  };
  const std::vector<Route>& routes() const { return routes_; }

 private:
  void add(const IpAddress& address, HostId side) {
    if (!address.is_private() && !address.is_unspecified()) routes_.push_back({address, side});
  }
  std::vector<Route> routes_;
};

}  // namespace punchlab::trial
