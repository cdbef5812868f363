#pragma once
// The numbers of one comparison: from the trials of both sides to rates, medians and reasons.
#include <vector>

#include "results/compare/comparison.hpp"

namespace punchlab::results {

/// Two cells of the same names.
struct Matched {
  const CellTrials* first = nullptr;
  const CellTrials* second = nullptr;
  bool same_world = false;  ///< trials of one index are a pair
};

/// All trials of `cells` together. Pairs when each cell's are; a trial without a partner is then left out. Cells that
/// are no draws from one population are strata: rates are then the means of theirs.
Contrasts contrast(const std::vector<Matched>& cells, const RunTrials& first, const RunTrials& second,
                   Duration tolerance);
/// The trials of one index that ended with two outcomes; none when trials are no pairs.
std::vector<std::uint64_t> ended_otherwise(const Matched& cell);

}  // namespace punchlab::results
