#pragma once
#include <string>

#include "results/compare/comparison.hpp"

namespace punchlab::results {

/// comparison.json of docs/compare.md; one line per cell. `command`: that makes it again.
std::string to_json(const Comparison& comparison, const RunTrials& first, const RunTrials& second,
                    const std::string& command);

}  // namespace punchlab::results
