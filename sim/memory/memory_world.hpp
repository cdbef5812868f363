#pragma once
// The in-memory world: an event loop over whole IP packets, with the same gateways (nat::NatBox) and links (sim/link)
// as every other world and nothing else. Equal to ns-3 to the nanosecond on wires (docs/worlds.md).
#include <memory>

#include "sim/trial/network.hpp"

namespace punchlab::memory {

/// Models wires only. Allocates nothing once it has run a trial of the same size. Cannot write captures: `run` throws
/// std::invalid_argument when asked to.
std::unique_ptr<trial::World> make_memory_world();

}  // namespace punchlab::memory
