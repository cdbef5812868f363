#pragma once
// Counterfactuals: the same trial, same seed, with something changed, until it is direct.
#include <vector>

#include "sim/explain/change.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::explain {

/// What to run again, and where. The cell's links must be such that `world` can model them.
struct Question {
  trial::World& world;
  const trial::Cell& cell;
  const trial::Identities& identities;
  std::uint64_t seed = 1;
  std::uint64_t trial = 0;
};

/// How the question's trial ends with these changes.
results::TrialRecord run_with(const Question& question, const std::vector<Change>& changes);

struct WhatIf {
  /// The smallest sets of changes after which the trial is direct (in time, when it was direct but slow): all of one
  /// size, by the sum of their steps. None: nothing within the limits helps.
  std::vector<std::vector<Change>> smallest;
  /// Every single change that helps, whatever its size.
  std::vector<Change> single;
  std::size_t runs = 0;  ///< trials that were run
};

struct WhatIfLimits {
  std::size_t changes = 3;  ///< together, at most
  std::size_t runs = 1500;  ///< trials
};

WhatIf what_if(const Question& question, const WhatIfLimits& limits = {});

}  // namespace punchlab::explain
