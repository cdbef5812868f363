#pragma once
// What the links alone allow: the reference that measured times are held against (docs/latency.md derives them).
#include <optional>

#include "sim/trial/topology.hpp"

namespace punchlab::trial {

/// The least time from the start of the later side until both peers send directly, by the message flow of the cell's
/// policy: one-way delays only, no transmission times. Nothing when an access medium has no fixed latency.
std::optional<Duration> least_time_to_direct(const Cell& cell, const Topology& topology, Time client_start,
                                             Time connector_start);

}  // namespace punchlab::trial
