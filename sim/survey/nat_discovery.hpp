#pragma once
// Runs behaviour discovery through a NatBox in virtual time: what would a host behind this gateway find out about it?
#include <cstdint>

#include "protocol/discovery/findings.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::survey {

/// One host behind one gateway of `profile`, one server with two addresses and two ports, no delay and no loss. Timers
/// longer than `longest_timer` are not found. Hours of virtual time take milliseconds.
discovery::Findings discover(const nat::Profile& profile, std::uint64_t seed,
                             Duration longest_timer = std::chrono::minutes{30});

}  // namespace punchlab::survey
