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
    std::uint64_t otherwise = 0;  ///< of a prediction: not sampled, as the model ends them direct as they are
    std::vector<Entry> entries;   ///< of those that help at all, the best first
    std::vector<std::vector<std::string>> smallest;  ///< sets of changes, for a trial that no single change helps
    bool pairs_tried = false;                        ///< what `smallest` comes from was looked for
  };
  /// Over all cells of one policy.
  struct OfAll {
    std::string policy, change;
    double share = 0;  ///< of all its trials that would become direct
  };
  std::string scenario;
  std::uint64_t seed = 0;
  std::string not_predicted{};    ///< why the model can say nothing of the whole run; empty when it can
  std::string trials;             ///< SHA-256 of the trials, as the manifest has it: of which run this is
  bool prediction = false;        ///< the run was over real sockets, and the replays are simulated
  std::uint64_t sample = 0;       ///< trials per cell, at most
  std::uint64_t left_out = 0;     ///< cells with trials that are not direct, beyond the budget; those with the fewest
  std::vector<OfCell> cells;      ///< that have trials that are not direct
  std::vector<OfAll> population;  ///< the largest share first
};

/// Trials that may be run again, over all cells. Counted, not timed, so that every machine gives the same answer; one
/// that needs ns-3 counts as several.
struct GainsBudget {
  std::uint64_t runs = 20'000;  ///< some ten seconds
};
inline constexpr std::uint64_t kCostOfNs3 = 20;
/// For every report: some two seconds.
inline constexpr GainsBudget kReportBudget{4'000};

/// Runs, in the run's model, each change on up to 10 trials of each cell, as many as the budget allows; on one where
/// that needs ns-3.
Gains gains_of(const RecordedRun& run, const GainsBudget& budget = {});
/// Leaves what-if.json in the folder of a run that has ended, for its report, unless one of the same trials is there.
/// Of a run over real sockets it is a prediction by the model, or why there is none.
/// What goes wrong is told in a line, empty when nothing did: a report is worth making without it.
std::string prepare_what_if(const std::filesystem::path& folder);
std::string to_json(const Gains& gains);
std::string to_text(const Gains& gains);

}  // namespace punchlab::cli
