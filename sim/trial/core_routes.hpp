#pragma once
// What the core router knows: which side owns each address of the public internet.
#include <optional>
#include <vector>

#include "sim/trial/topology.hpp"

namespace punchlab::trial {

/// The way from a shared network, a switch that knows its addresses: to whom on it a packet goes that came from `from`
/// (`shared`: from its gateways), or to the gateways. Nothing: nobody has that address.
inline std::optional<HostId> way_in_shared_network(const Topology& topology, HostId from,
                                                   const IpAddress& destination) {
  for (const auto side : {HostId::client, HostId::connector})
    for (const auto& address : topology.host(side).outside_addresses())
      if (address == destination && side != from) return side;
  return from == HostId::shared ? std::nullopt : std::optional{HostId::shared};
}

/// Host routes of the internet's core. Private addresses (RFC 1918, RFC 6598, ULA) have none: packets to them die
/// there.
class CoreRoutes {
 public:
  /// Every public address of hosts and gateways.
  void assign(const Topology& topology) {
    routes_.clear();
    for (std::size_t i = 0; i < kPlaces; ++i) {
      const auto id = static_cast<HostId>(i);
      if (!topology.has(id)) continue;
      const auto side = topology.shared && id != HostId::relay ? HostId::shared : id;
      for (const auto& address : topology.host(id).addresses) add(address, side);
      for (const auto& gateway : topology.host(id).gateways)
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
