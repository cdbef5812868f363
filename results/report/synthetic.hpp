#pragma once
// Invented runs with the shapes of the shipped scenarios, so that tables, plots and reports can be tested without a
// world. The numbers only look plausible; nothing here may be quoted.
#include <cstdint>
#include <string_view>

#include "results/record/record.hpp"
#include "results/store/manifest.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::results {

enum class SyntheticShape : std::uint8_t {
  classic,     ///< 4 x 4, one policy
  rfc4787,     ///< 9 x 9
  population,  ///< 5 x 5, uneven numbers of trials, some pairs absent, one side blocked
  access,      ///< 2 x 2, five links, two policies
  agents,      ///< 2 x 2, three agents, each with itself
};

trial::Plan synthetic_plan(SyntheticShape shape);
/// Depends on (seed, cell, trial) only.
TrialRecord synthetic_record(const trial::Plan& plan, const trial::Cell& cell, std::uint64_t trial);
Manifest synthetic_manifest(const trial::Plan& plan);

}  // namespace punchlab::results
