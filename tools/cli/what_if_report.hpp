#pragma once
// What single changes would gain over a whole run: for every cell, from a sample of its trials that did not become
// direct.
#include <memory>
#include <string>
#include <vector>

#include "sim/explain/what_if.hpp"
#include "tools/cli/recorded_run.hpp"

namespace punchlab::cli {

/// A world for trials of `cell` with changes: the memory world where it models the cell (it equals ns-3 to the
/// nanosecond on wires, and is faster), else the run's own.
std::unique_ptr<trial::World> counterfactual_world(const trial::Cell& cell, runner::Backend backend);

/// For a terminal.
std::string what_if_text(const explain::WhatIf& answer, const results::TrialRecord& record);

struct Gains {
  struct Entry {
    std::string change;
    std::uint64_t direct = 0;  ///< of the cell's sampled trials
  };
  struct OfCell {
    std::uint32_t cell = 0;
    std::string client, connector, policy, link;
    std::uint64_t trials = 0, not_direct = 0, sampled = 0;
    std::vector<Entry> entries;                      ///< of those that help at all, the best first
    std::vector<std::vector<std::string>> smallest;  ///< sets of changes, for a trial that no single change helps
  };
  /// Over all cells of one policy.
  struct OfAll {
    std::string policy, change;
    double share = 0;  ///< of all its trials that would become direct
  };
  std::string scenario;
  std::uint64_t seed = 0;
  std::uint64_t sample = 0;       ///< trials per cell, at most
  std::vector<OfCell> cells;      ///< that have trials that are not direct
  std::vector<OfAll> population;  ///< the largest share first
};

/// Runs each change on up to kSample trials of each cell (fewer when there are very many cells).
Gains gains_of(const RecordedRun& run);
std::string to_json(const Gains& gains);
std::string to_text(const Gains& gains);

}  // namespace punchlab::cli
