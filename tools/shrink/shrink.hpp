#pragma once
// Delta debugging of a cell: takes away whatever can go while the trial still fails.
#include <functional>
#include <optional>
#include <string>

#include "results/record/record.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::shrink {

/// Whether a trial of a cell shows what is looked for.
using Fails = std::function<bool(const trial::Cell&, const results::TrialRecord&)>;

struct Shrunk {
  std::string scenario;         ///< the text of a scenario file with one cell
  trial::Cell cell;             ///< as the loader reads it
  results::TrialRecord record;  ///< of its trial that fails, the first; its index is `record.trial`
  int steps = 0;                ///< reductions that were made
};

struct ShrinkLimits {
  std::uint64_t trials = 8;  ///< of each smaller cell, before it is taken not to fail
};

/// The smallest cell found that still fails, by removing gateways, then settings, one at a time until none can go. Each
/// candidate is written as a scenario file, read back and run from there in the memory world, so that the file shows
/// the failure. Nothing when the cell itself, so written, never fails.
std::optional<Shrunk> shrink(const trial::Cell& cell, std::uint64_t seed, const Fails& fails,
                             const ShrinkLimits& limits = {});

}  // namespace punchlab::shrink
