#pragma once
// A recording as bytes: what a run keeps of a trial that cannot be run again, because real stacks have no seed.
//
//   u8 version | frame of the row (results/record/wire.hpp) | finding | u64 origin | u64 left out |
//   u32 count, path changes | u32 count, events: kind, place, reason, time, packet, the gateway's table after it
//
// Numbers are big-endian; times are nanoseconds of the trial's clock. Cell, topology and seed come from the run folder.
#include <optional>
#include <string>
#include <vector>

#include "sim/explain/recording.hpp"

namespace punchlab::explain {

std::vector<std::uint8_t> to_bytes(const Recording& recording);

/// Fills in what `to_bytes` wrote. `recording` has cell, topology, seed, and the row as the store has it. Nothing when
/// all is well, else what is wrong: the bytes are no recording, one of another trial, or of places that its topology
/// lacks.
std::optional<std::string> from_bytes(Bytes bytes, Recording& recording);

}  // namespace punchlab::explain
