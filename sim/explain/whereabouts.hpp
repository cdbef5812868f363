#pragma once
// On which link a packet is, and what can befall it there: every world routes alike (sim/trial/topology.hpp), so that
// where a packet was last seen says where it is next.
#include <optional>

#include "sim/trial/core_routes.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::explain {

/// One direction of one link of a place. Hop 0 is the host's own link, or the shared network's; the last is the access
/// link.
struct Way {
  trial::HostId side = trial::HostId::client;
  std::uint8_t hop = 0;
  bool up = true;  ///< towards the core
  friend bool operator==(const Way&, const Way&) = default;
};

class Whereabouts {
 public:
  struct Place {
    Way way;
    Duration least{0};  ///< that the links before it take a packet at least, without queues and jitter
  };
  /// `topology` must outlive this.
  explicit Whereabouts(const trial::Topology& topology) : topology_(topology) { routes_.assign(topology); }

  /// The link on which an event of `kind` at `side` and `gateway` can befall a packet for `destination` that went onto
  /// `way`: the same one, or one beyond the shared network and the core, which tell of nothing but what ends there.
  /// Nothing: it cannot.
  std::optional<Place> where(const Way& way, const IpAddress& destination, trial::PacketEvent::Kind kind,
                             trial::HostId side, std::uint8_t gateway) const;
  /// Whether `address` is one of the outside addresses of a gateway.
  bool is_of_gateway(const IpAddress& address, trial::HostId side, std::uint8_t gateway) const;

 private:
  bool befalls(const Way& way, const std::optional<Way>& next, const IpAddress& destination,
               trial::PacketEvent::Kind kind, trial::HostId side, std::uint8_t gateway) const;
  bool is_access(const Way& way) const { return way.hop == topology_.host(way.side).gateways.size(); }
  Duration latency_of(const Way& way) const;
  /// True when a link ends at the core, or at the shared network's switch: no gateway and no host.
  bool ends_at_router(const Way& way) const;
  std::optional<Way> beyond(const Way& way, const IpAddress& destination) const;

  const trial::Topology& topology_;
  trial::CoreRoutes routes_;
};

}  // namespace punchlab::explain
