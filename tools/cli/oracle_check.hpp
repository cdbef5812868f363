#pragma once
// Holds what was measured against what the axes of the NATs allow (sim/oracle).
#include <map>
#include <string>

#include "results/store/summary.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::cli {

/// Of every cell, by Cell::index.
std::map<std::uint32_t, results::Prediction> predictions(const trial::Plan& plan);

struct Contradictions {
  std::size_t count = 0;  ///< cells
  std::string text;       ///< lines for the terminal, one per contradiction, or that there is none
};

/// A cell contradicts the oracle when a trial was direct that cannot be, when none was that must be, or, on links
/// without loss, when any was not that must be.
Contradictions contradictions_of(const trial::Plan& plan, const results::Summary& summary);

}  // namespace punchlab::cli
