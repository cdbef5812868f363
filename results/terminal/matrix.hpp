#pragma once
// What `punchlab run` prints when it is done: for each policy and link variant, clients down, connectors across.
#include <string>
#include <vector>

#include "results/store/expectations.hpp"
#include "results/store/summary.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::results {

struct MatrixOptions {
  std::size_t width = 110;  ///< columns of the terminal; wider matrices are cut into blocks of connectors
  bool colour = false;      ///< ANSI colours
};

/// UTF-8 lines. Up to five connectors: direct with its interval, relayed, failed when there is any, median time to
/// direct and median added latency of every cell. More: direct and its interval only, the rest for all cells together.
std::string matrix_text(const trial::Plan& plan, const Summary& summary, const MatrixOptions& options = {});

/// One line per expectation: whether it was met, the scenario's line and text, and what was measured.
std::string expectations_text(const std::vector<ExpectationResult>& results, const MatrixOptions& options = {});

}  // namespace punchlab::results
