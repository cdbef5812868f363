// How often stated 95 % intervals hold the truth, over a grid of rates and sizes, by simulation. Means are to lie
// between 94.5 and 96 %; docs/statistics.md names where single cases cover less.
//  1. Wilson's interval.
//  2. Newcombe's interval of a difference.
//  3. Newcombe's interval for pairs, with agreement from none to strong.
//  4. The interval of a median by ranks, a third of the trials infinite or none.
//  5. The interval of a difference of medians.
//  6. The interval of the median difference of pairs.
//  7. The stratified interval of strata whose rates differ.
//  8. The same of differences, of samples and of pairs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "protocol/base/rng.hpp"
#include "results/statistics/median_difference.hpp"

namespace punchlab::results {
namespace {

constexpr std::uint64_t kRuns = 400;  ///< for each point of a grid; grids have at least 20 points

SeededRng rng_of(std::uint64_t point, std::uint64_t run) {
  return SeededRng({.seed = 1, .cell = point, .trial = run, .purpose = purpose_of("coverage-grid")});
}

/// The mean over all points of a grid, and the least.
class Coverage {
 public:
  /// `holds(rng)`: draws a sample and says whether its interval holds the truth.
  template <class Holds>
  void point(Holds holds) {
    std::uint64_t held = 0;
    for (std::uint64_t run = 0; run < kRuns; ++run) {
      auto rng = rng_of(points_, run);
      held += holds(rng) ? 1U : 0U;
    }
    const double share = static_cast<double>(held) / static_cast<double>(kRuns);
    least_ = std::min(least_, share);
    sum_ += share;
    ++points_;
  }
  void expect(double least) const {
    EXPECT_GE(sum_ / static_cast<double>(points_), 0.945);
    EXPECT_LE(sum_ / static_cast<double>(points_), 0.96);
    EXPECT_GE(least_, least);
    testing::Test::RecordProperty("mean", std::to_string(sum_ / static_cast<double>(points_)));
    testing::Test::RecordProperty("least", std::to_string(least_));
  }

 private:
  double sum_ = 0;
  double least_ = 1;
  std::uint64_t points_ = 0;
};

bool within(const Difference& d, double truth) { return d.low <= truth && truth <= d.high; }

Proportion draw(double rate, std::uint64_t trials, Rng& rng) {
  Proportion drawn{0, trials};
  for (std::uint64_t i = 0; i < trials; ++i) drawn.count += rng.chance(rate) ? 1U : 0U;
  return drawn;
}

constexpr double kRates[] = {0.03, 0.07, 0.11, 0.19, 0.28, 0.37, 0.46, 0.54, 0.66, 0.75, 0.83, 0.91, 0.96};

TEST(Coverage, Wilson) {  // case 1
  Coverage coverage;
  for (const std::uint64_t trials : {20U, 50U, 111U, 200U, 400U}) {
    for (const double rate : kRates) {
      coverage.point([&](Rng& rng) {
        const auto [count, n] = draw(rate, trials, rng);
        const Interval interval = wilson_interval(count, n);
        return interval.low <= rate && rate <= interval.high;
      });
    }
  }
  coverage.expect(0.89);
}

TEST(Coverage, Stratified) {  // case 7
  Coverage coverage;
  for (const std::uint64_t trials : {20U, 50U, 200U}) {
    for (const double rate : kRates) {
      for (const double other : {0.05, 0.5, 0.9}) {
        coverage.point([&](Rng& rng) {
          const std::vector<Proportion> strata{draw(rate, trials, rng), draw(other, trials, rng),
                                               draw(0.3, 2 * trials, rng)};
          const Interval interval = stratified_interval(strata);
          const double truth = (rate + other + 2 * 0.3) / 4;
          return interval.low <= truth && truth <= interval.high;
        });
      }
    }
  }
  coverage.expect(0.91);
}

Stratum stratum_of(double weight, const Difference& d) { return {weight, d.value, d.low, d.high}; }

bool within(const Stratum& mean, double truth) { return mean.low <= truth && truth <= mean.high; }

TEST(Coverage, StratifiedDifference) {  // case 8
  Coverage coverage;
  for (const std::uint64_t trials : {20U, 50U, 200U}) {
    for (const double rate : kRates) {
      for (const double other : {0.3, 0.5, 0.9}) {
        coverage.point([&](Rng& rng) {
          const auto n = static_cast<double>(trials);
          const auto of = [&](double before, double after, std::uint64_t size) {
            const auto a = draw(after, size, rng);
            return newcombe(a, draw(before, size, rng));
          };
          const std::vector<Stratum> strata{stratum_of(n, of(rate, other, trials)), stratum_of(n, of(0.5, 0.6, trials)),
                                            stratum_of(2 * n, of(0.2, 0.1, 2 * trials))};
          return within(stratified_mean(strata), (other - rate + 0.1 - 2 * 0.1) / 4);
        });
      }
    }
  }
  coverage.expect(0.91);
}

/// Pairs of which a share has a copy in the second of what the first was; else the second is 0.4.
PairedCounts draw_pairs(std::uint64_t pairs, double rate, double copied, Rng& rng) {
  PairedCounts counts;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const bool first = rng.chance(rate);
    const bool second = rng.chance(copied) ? first : rng.chance(0.4);
    ++(first ? second ? counts.both : counts.first_only : second ? counts.second_only : counts.neither);
  }
  return counts;
}

TEST(Coverage, StratifiedDifferenceOfPairs) {  // case 8
  Coverage coverage;
  for (const std::uint64_t pairs : {50U, 200U}) {
    for (const double rate : {0.2, 0.35, 0.5, 0.7, 0.85}) {
      for (const double copied : {0.0, 0.3, 0.6, 0.9}) {
        coverage.point([&](Rng& rng) {
          const std::vector<Stratum> strata{stratum_of(1, newcombe_paired(draw_pairs(pairs, rate, copied, rng))),
                                            stratum_of(1, newcombe_paired(draw_pairs(pairs, 0.6, 0.5, rng)))};
          return within(stratified_mean(strata), ((1 - copied) * (rate - 0.4) + 0.5 * 0.2) / 2);
        });
      }
    }
  }
  coverage.expect(0.91);
}

TEST(Coverage, Newcombe) {  // case 2
  Coverage coverage;
  for (const auto& [first, second] : {std::pair{30U, 30U}, std::pair{50U, 200U}, std::pair{200U, 200U}}) {
    for (const double rate : kRates) {
      for (const double other : {0.05, 0.3, 0.5, 0.9}) {
        coverage.point([&, n = first, m = second](Rng& rng) {
          const auto a = draw(rate, n, rng);
          return within(newcombe(a, draw(other, m, rng)), rate - other);
        });
      }
    }
  }
  coverage.expect(0.91);
}

TEST(Coverage, NewcombeOfPairs) {  // case 3
  Coverage coverage;
  for (const std::uint64_t pairs : {50U, 200U}) {
    for (const double rate : {0.2, 0.35, 0.5, 0.7, 0.85}) {
      for (const double copied : {0.0, 0.3, 0.6, 0.9}) {  // share of pairs whose second is a copy of the first
        coverage.point([&](Rng& rng) {
          return within(newcombe_paired(draw_pairs(pairs, rate, copied, rng)), (1 - copied) * (rate - 0.4));
        });
      }
    }
  }
  coverage.expect(0.90);
}

/// Exponential with the mean 1 s in nanoseconds, or never.
std::int64_t draw_time(Rng& rng, double never) {
  if (rng.chance(never)) return kNever;
  return static_cast<std::int64_t>(-1e9 * std::log(1 - rng.uniform()));
}

Sample draw_sample(Rng& rng, std::uint64_t trials, double never) {
  std::vector<std::int64_t> values;
  std::uint64_t infinite = 0;
  for (std::uint64_t i = 0; i < trials; ++i) {
    const auto time = draw_time(rng, never);
    if (time == kNever) {
      ++infinite;
    } else {
      values.push_back(time);
    }
  }
  return {std::move(values), infinite};
}

/// The median of `draw_time`: half of all trials are there.
double true_median(double never) { return -1e9 * std::log(1 - 0.5 / (1 - never)); }

TEST(Coverage, Median) {  // case 4
  Coverage coverage;
  for (const std::uint64_t trials : {50U, 75U, 100U, 150U, 200U, 300U, 500U}) {
    for (const double never : {0.0, 0.1, 0.35}) {
      coverage.point([&](Rng& rng) {
        const auto found = quantile_with_interval(draw_sample(rng, trials, never), 50);
        return found.low <= true_median(never) && true_median(never) <= found.high;
      });
    }
  }
  coverage.expect(0.92);
}

TEST(Coverage, MedianDifference) {  // case 5
  Coverage coverage;
  for (const auto& [first, second] : {std::pair{200U, 200U}, std::pair{150U, 500U}, std::pair{1000U, 400U}}) {
    for (const double never : {0.0, 0.1, 0.2, 0.35}) {
      for (const double other : {0.0, 0.2}) {
        coverage.point([&, n = first, m = second](Rng& rng) {
          const auto a = draw_sample(rng, n, never);
          return within(median_difference(a, draw_sample(rng, m, other)), true_median(never) - true_median(other));
        });
      }
    }
  }
  coverage.expect(0.92);
}

TEST(Coverage, PairedMedian) {  // case 6
  Coverage coverage;
  for (const std::uint64_t pairs : {50U, 75U, 100U, 150U, 200U, 300U, 500U}) {
    for (const double spread : {0.1, 0.5, 1.5}) {
      coverage.point([&](Rng& rng) {
        std::vector<std::int64_t> first, second;
        for (std::uint64_t i = 0; i < pairs; ++i) {
          second.push_back(draw_time(rng, 0.2));
          // The same world with something added whose median is 1 ms; a world without a path has none either way.
          const double added = 1e6 + spread * 1e6 * (rng.uniform() - 0.5);
          first.push_back(second.back() == kNever ? kNever : second.back() + static_cast<std::int64_t>(added));
        }
        // A fifth of all differences are zero, below the others: half of all lie below the 0.3 / 0.8 quantile of these.
        return within(paired_median(first, second), 1e6 + spread * 1e6 * (0.375 - 0.5));
      });
    }
  }
  coverage.expect(0.92);
}

}  // namespace
}  // namespace punchlab::results
