#pragma once
// How much longer a path's round trip is than that of the direct route between the same hosts (docs/latency.md).
#include <optional>

#include "sim/trial/topology.hpp"

namespace punchlab::trial {

/// Round trip of one probe between the two hosts over the direct route without waiting: latencies and transmission
/// times, no jitter. Nothing when an access medium has no fixed latency.
std::optional<Duration> direct_round_trip(const Cell& cell, const Topology& topology);

/// What the round trip of one probe over the relay has more than the direct one: latencies, and transmission on the
/// links that only the way over the relay crosses. The access links that both ways cross cancel, whatever their medium
/// and jitter. Nothing when a link of the first kind has jitter or no fixed latency.
std::optional<Duration> relay_detour(const Cell& cell, const Topology& topology);

/// The path that a trial ended on.
struct TakenPath {
  std::optional<Duration> round_trip;  ///< measured
  std::optional<Duration> rtt_direct;  ///< measured in the same trial
  bool direct = false;
  bool datagrams = true;  ///< false: part of it may have been a stream, in which data waits for what was lost
};

/// Nothing when no probe was answered, or when nothing tells the direct route's round trip. Against its computed value
/// on links with neither jitter nor other traffic; else against the trial's own direct probes, so that jitter is no
/// added latency; without any, the detour over the relay.
std::optional<Duration> added_latency(const Cell& cell, const Topology& topology, const TakenPath& taken);

}  // namespace punchlab::trial
