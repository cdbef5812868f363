#pragma once
// The `expect` list of a scenario, held against what was measured.
#include <cstdint>
#include <string>
#include <vector>

#include "results/store/summary.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::results {

enum class Verdict : std::uint8_t {
  met,
  missed,
  not_measured,  ///< none of its cells has a trial, as with --cell
};

struct ExpectationResult {
  Verdict verdict = Verdict::not_measured;
  std::string text;         ///< as the scenario writes it
  std::string measured;     ///< the value that decided, and its cell: the furthest outside, or the nearest to a bound
  int line = 0;             ///< in the scenario file
  std::size_t missed = 0;   ///< cells outside the bounds
  std::size_t checked = 0;  ///< cells with trials; 1 when pooled
  bool pooled = false;      ///< one value over all its cells, which is worth showing also when it is met
  bool met() const { return verdict != Verdict::missed; }
};

/// `confidence` 0: the measured value must lie within the bounds. Else only what chance cannot explain is missed: the
/// whole interval of that confidence lies outside. A rate of exactly 0 or 100 % is missed by a single trial either way.
ExpectationResult evaluate(const trial::Expectation& expectation, const Summary& summary, double confidence = 0);

/// Each expectation of the plan, in its order.
std::vector<ExpectationResult> evaluate(const trial::Plan& plan, const Summary& summary, double confidence = 0);

}  // namespace punchlab::results
