#pragma once
// How far apart the medians of two samples are, when some trials never get there. Infinite values are ordinary here:
// they are greater than all others, and equal to each other.
#include <cstdint>
#include <span>

#include "results/statistics/rate_difference.hpp"
#include "results/statistics/sample.hpp"

namespace punchlab::results {

/// An interval by ranks in ascending order, from 1 to n: no distribution is assumed. 0 is below the least value, n + 1
/// above the greatest.
struct Ranks {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// The ranks between which the `percent` quantile lies with at least `confidence`; of these the fewest. Exact for
/// continuous quantities (binomial ranks; Hahn and Meeker 1991, section 5.2). `percent` in 1-99, `trials` at least 1.
Ranks quantile_ranks(std::uint64_t trials, unsigned percent, double confidence = 0.95);

/// A value and its interval; infinity in any of them means never.
struct Bounded {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// The quantile of a sample with its interval by ranks. Minus infinity: the sample is too small for a lower end.
Bounded quantile_with_interval(const Sample& sample, unsigned percent, double confidence = 0.95);

/// Median of `first` - median of `second`, of independent samples: the two intervals by ranks, squared and added
/// (Zou and Donner 2008). Two infinite medians have the difference 0 and no bounds; without trials: 0, no bounds.
Difference median_difference(const Sample& first, const Sample& second, double confidence = 0.95);
/// Probability of medians at least so different when both samples are of one distribution: Mood's median test by
/// Fisher's exact test.
double median_test(const Sample& first, const Sample& second);

/// A trial that never got there.
inline constexpr std::int64_t kNever = INT64_MAX;

/// The median of the differences first - second of pairs of trials, with its interval by ranks. `kNever` in both is no
/// difference; in one only it is an infinite one. `first` and `second` are equally long.
Difference paired_median(std::span<const std::int64_t> first, std::span<const std::int64_t> second,
                         double confidence = 0.95);
/// Probability of so uneven differences by chance: the sign test, exact, two-sided; equal values say nothing.
double sign_test(std::span<const std::int64_t> first, std::span<const std::int64_t> second);

}  // namespace punchlab::results
