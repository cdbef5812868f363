#include "sim/explain/whereabouts.hpp"

#include <algorithm>

namespace punchlab::explain {

using trial::HostId;
using Kind = trial::PacketEvent::Kind;

namespace {

bool contains(const std::vector<IpAddress>& all, const IpAddress& address) {
  return std::find(all.begin(), all.end(), address) != all.end();
}

}  // namespace

std::optional<Whereabouts::Place> Whereabouts::where(const Way& way, const IpAddress& destination, Kind kind,
                                                     HostId side, std::uint8_t gateway) const {
  constexpr int kMostLinks = 4;  // access, shared network, its access, the way down
  Place place{way};
  for (int i = 0; i < kMostLinks; ++i) {
    const auto next = ends_at_router(place.way) ? beyond(place.way, destination) : std::nullopt;
    if (befalls(place.way, next, destination, kind, side, gateway)) return place;
    if (!next) return std::nullopt;
    place = {*next, place.least + latency_of(place.way)};
  }
  return std::nullopt;
}

Duration Whereabouts::latency_of(const Way& way) const {
  if (!is_access(way)) return trial::kLanLatency;
  const auto& access = topology_.host(way.side).access;
  return way.up ? access.up.latency : access.down.latency;
}

bool Whereabouts::is_of_gateway(const IpAddress& address, HostId side, std::uint8_t gateway) const {
  const auto& gateways = topology_.host(side).gateways;
  return gateway < gateways.size() && contains(gateways[gateway].addressing.external, address);
}

bool Whereabouts::befalls(const Way& way, const std::optional<Way>& next, const IpAddress& destination, Kind kind,
                          HostId side, std::uint8_t gateway) const {
  if (way.side != side) return false;
  const bool at_router = ends_at_router(way);
  const bool at_gateway = !at_router && (way.up || way.hop > 0) && gateway == (way.up ? way.hop : way.hop - 1);
  switch (kind) {
    case Kind::lost_on_link:
    case Kind::queue_overflow:
      return way.hop == gateway;
    case Kind::translated:
    case Kind::dropped_by_gateway:
      return at_gateway;
    case Kind::ttl_expired:
      return at_gateway || (at_router && way.up && way.hop == gateway);
    case Kind::no_route:
      return at_router && !next;
    case Kind::delivered:
    case Kind::ignored: {
      const bool arrives = !at_router && !way.up && way.hop == 0;
      const bool to_itself = way.up && way.hop == 0 && contains(topology_.host(side).addresses, destination);
      return arrives || to_itself;
    }
    case Kind::sent:
    case Kind::originated:
      return false;
  }
  return false;
}

bool Whereabouts::ends_at_router(const Way& way) const {
  if (way.up) return is_access(way);
  return way.hop == 0 && way.side == HostId::shared;
}

std::optional<Way> Whereabouts::beyond(const Way& way, const IpAddress& destination) const {
  const auto access_of = [&](HostId side) {
    return Way{side, static_cast<std::uint8_t>(topology_.host(side).gateways.size()), false};
  };
  const bool at_core = way.up && (way.side == HostId::relay || way.side == HostId::shared || !topology_.shared);
  if (!at_core) {
    const auto to = trial::way_in_shared_network(topology_, way.side, destination);
    if (!to) return std::nullopt;
    return *to == HostId::shared ? Way{HostId::shared, 0, true} : access_of(*to);
  }
  const auto to = routes_.side_of(destination);
  return to ? std::optional{access_of(*to)} : std::nullopt;
}

}  // namespace punchlab::explain
