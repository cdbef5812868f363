#pragma once
// Confidence intervals for rates: how far a count out of n trials may lie from the truth.
#include <cstdint>

namespace punchlab::results {

/// A range of rates, 0 <= low <= high <= 1.
struct Interval {
  double low = 0;
  double high = 1;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// The z with P(|Z| <= z) = `confidence` for a standard normal Z; `confidence` in (0, 1). 1.95996... for 0.95.
double two_sided_z(double confidence);

/// Wilson's score interval (E. B. Wilson 1927; Agresti and Coull 1998) without continuity correction.
/// `successes` <= `trials`. No trials: [0, 1]. No success: low is exactly 0; nothing but successes: high is exactly 1.
Interval wilson_interval(std::uint64_t successes, std::uint64_t trials, double confidence = 0.95);

}  // namespace punchlab::results
