#pragma once
// Confidence intervals for rates: how far a count out of n trials may lie from the truth.
#include <cstdint>
#include <span>

namespace punchlab::results {

/// A range of rates, 0 <= low <= high <= 1.
struct Interval {
  double low = 0;
  double high = 1;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// `count` <= `trials`.
struct Proportion {
  std::uint64_t count = 0;
  std::uint64_t trials = 0;
  double value() const { return trials == 0 ? 0 : static_cast<double>(count) / static_cast<double>(trials); }
};

/// The z with P(|Z| <= z) = `confidence` for a standard normal Z; `confidence` in (0, 1). 1.95996... for 0.95.
double two_sided_z(double confidence);

/// Wilson's score interval (E. B. Wilson 1927; Agresti and Coull 1998) without continuity correction.
/// `successes` <= `trials`. No trials: [0, 1]. No success: low is exactly 0; nothing but successes: high is exactly 1.
Interval wilson_interval(std::uint64_t successes, std::uint64_t trials, double confidence = 0.95);

/// What is known of one stratum, a sample of its own: an estimate between its bounds.
struct Stratum {
  double weight = 0;  ///< at least 0; only their ratios count
  double value = 0;
  double low = 0;
  double high = 0;
};

/// The mean of the strata's values, weighted, with the interval made of theirs: the distances of each stratum's bounds
/// from its value, weighted, squared and added (the method of variance estimates recovery; Zou and Donner 2008). At
/// least one weight is above 0; `weight` of the result is their sum.
Stratum stratified_mean(std::span<const Stratum> strata);

/// The interval of the rate over several strata: the mean of their rates, weighted by their trials, with Wilson's
/// intervals as in `stratified_mean`. One stratum: Wilson's. None, or no trial: [0, 1].
Interval stratified_interval(std::span<const Proportion> strata, double confidence = 0.95);

}  // namespace punchlab::results
