#pragma once
// One-way delays between the hosts of a trial's world: propagation only.
#include <algorithm>

#include "sim/trial/topology.hpp"

namespace punchlab::trial {

struct Ways {
  Duration there, back;
  Duration round_trip() const { return there + back; }
};

inline Ways between(const HostSpec& a, const HostSpec& b) {
  return {a.access.up.latency + b.access.down.latency, b.access.up.latency + a.access.down.latency};
}

/// From a peer to the relay, through the shared network where there is one.
inline Ways to_relay(const Topology& topology, HostId peer) {
  auto ways = between(topology.host(peer), topology.host(HostId::relay));
  if (!topology.shared) return ways;
  ways.there += topology.shared->access.up.latency;
  ways.back += topology.shared->access.down.latency;
  return ways;
}

/// Its delay is latency, transmission, jitter and nothing else.
inline bool fixed(const LinkSpec& link) { return link.medium == Medium::wire && link.cross_traffic == 0; }

/// The same of every link that a packet between the peers, or to the relay, crosses.
inline bool fixed(const Topology& topology) {
  return std::ranges::all_of(topology.hosts, [](const auto& host) { return fixed(host.access); }) &&
         (!topology.shared || fixed(topology.shared->access));
}

}  // namespace punchlab::trial
