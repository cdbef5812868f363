#pragma once
// Which events are the same packet's: from the host (or router) that made it, through gateways, to its end. Worlds do
// not say; a packet is known again by where it must be next, what translations leave alone of it, and its two ends. So
// the same holds for recordings, and for gateways that are the kernel's.
#include <string>
#include <vector>

#include "sim/explain/recording.hpp"

namespace punchlab::explain {

/// One thing that befell a packet.
struct Hop {
  std::size_t event = 0;    ///< in Recording::events
  TransportAddress source;  ///< as the packet was after it (before it, when dropped)
  TransportAddress destination;
};

/// One packet. The first hop is `sent` or `originated`.
struct Journey {
  std::vector<Hop> hops;
  std::string meaning;  ///< of what it carries
  bool data = false;    ///< application data, bare or over the relay
};

/// How a packet ended; `translated` when the trial was over before.
inline trial::PacketEvent::Kind end_of(const Journey& journey, const Recording& recording) {
  return recording.events[journey.hops.back().event].kind;
}

/// In the order in which they were sent. `strays`, when given, gets the events that belong to no packet: there are
/// none, unless a world reports what it should not.
std::vector<Journey> journeys(const Recording& recording, std::vector<std::size_t>* strays = nullptr);

}  // namespace punchlab::explain
