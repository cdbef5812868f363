#pragma once
// The baseline file: what a scenario gave when somebody found it good. Text, one line per cell, made to be diffed.
#include <string>
#include <string_view>
#include <vector>

#include "results/check/figures.hpp"
#include "results/store/result.hpp"

namespace punchlab::results {

struct Baseline {
  std::string scenario;  ///< its name
  std::string backend;
  std::uint64_t seed = 1;
  std::uint64_t trials = 0;  ///< per cell, or pairs in total with populations: as --trials
  std::vector<Figures> cells;
  std::vector<Figures> pooled;
  bool operator==(const Baseline&) const = default;
};

/// YAML (docs/ci.md). `command`: that makes the file again, for its first line.
std::string to_text(const Baseline& baseline, const std::string& command);

/// `path` is for messages: the error says "path:line: what is wrong".
Result<Baseline> parse_baseline(std::string_view text, const std::string& path);

}  // namespace punchlab::results
