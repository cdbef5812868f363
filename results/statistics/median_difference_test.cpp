// Medians of samples in which some trials never get there:
//  1. Ranks of the median's interval against the published table (Conover 1999, section 3.2) and against the binomial
//     sum that defines them; the fewest ranks that suffice.
//  2. A quantile's interval: known values; infinite ends where infinities begin, and where the sample is too small.
//  3. Independent samples: shifted ones, equal ones, one that never gets there, both that never do, none at all.
//  4. Mood's median test: equal, far apart, and with infinities.
//  5. Pairs: a constant shift is found exactly; infinities on one side, on both; the sign test.
#include "results/statistics/median_difference.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace punchlab::results {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Sample from_to(std::int64_t first, std::int64_t last, std::uint64_t never = 0) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(last - first + 1));
  std::iota(values.begin(), values.end(), first);
  return {std::move(values), never};
}

TEST(QuantileRanks, MatchPublishedTable) {  // case 1
  const auto expect = [](std::uint64_t trials, std::uint64_t low, std::uint64_t high) {
    const auto ranks = quantile_ranks(trials, 50);
    EXPECT_EQ(ranks.low, low) << trials;
    EXPECT_EQ(ranks.high, high) << trials;
  };
  expect(10, 2, 9);
  expect(15, 4, 12);
  expect(20, 6, 15);
  expect(25, 8, 18);
  // Five values bound the median with 95 % at one end only: 2/32 of all samples lie wholly on one side of it.
  expect(5, 0, 5);
  expect(1, 0, 2);
}

TEST(QuantileRanks, CoverAndAreTheFewest) {
  for (const std::uint64_t n : {12U, 50U, 200U, 1000U}) {
    for (const unsigned percent : {5U, 50U, 95U}) {
      const boost::math::binomial below(static_cast<double>(n), percent / 100.0);
      const auto up_to = [&](std::uint64_t k) { return k == 0 ? 0 : cdf(below, static_cast<double>(k - 1)); };
      const auto ranks = quantile_ranks(n, percent);
      EXPECT_GE(up_to(ranks.high) - up_to(ranks.low), 0.95) << n << " " << percent;
      EXPECT_LT(up_to(ranks.high - 1) - up_to(ranks.low), 0.95) << n << " " << percent;
    }
  }
}

TEST(QuantileWithInterval, KnowsItsEnds) {  // case 2
  const auto twenty = quantile_with_interval(from_to(1, 20), 50);
  EXPECT_EQ(twenty.value, 10);
  EXPECT_EQ(twenty.low, 6);
  EXPECT_EQ(twenty.high, 15);
  const auto some_never = quantile_with_interval(from_to(1, 12, 8), 50);
  EXPECT_EQ(some_never.value, 10);
  EXPECT_EQ(some_never.high, kInfinity);
  const auto few = quantile_with_interval(from_to(1, 4), 50);
  EXPECT_EQ(few.low, -kInfinity);
  EXPECT_EQ(few.high, kInfinity);
}

TEST(MedianDifference, OfIndependentSamples) {  // case 3
  const auto shifted = median_difference(from_to(101, 120), from_to(1, 20));
  EXPECT_EQ(shifted.value, 100);
  EXPECT_NEAR(shifted.low, 100 - std::hypot(4, 5), 1e-9);
  EXPECT_NEAR(shifted.high, 100 + std::hypot(5, 4), 1e-9);
  EXPECT_FALSE(median_difference(from_to(1, 20), from_to(1, 20)).excludes_zero());
  const auto lost = median_difference(from_to(1, 20, 100), from_to(1, 20));
  EXPECT_EQ(lost.value, kInfinity);
  EXPECT_EQ(lost.low, kInfinity);
  const auto perhaps_lost = median_difference(from_to(1, 20, 21), from_to(1, 20));
  EXPECT_EQ(perhaps_lost.value, kInfinity);
  EXPECT_EQ(perhaps_lost.low, 14 - 15);
  const auto neither = median_difference(Sample({}, 20), Sample({}, 20));
  EXPECT_EQ(neither.value, 0);
  EXPECT_FALSE(neither.excludes_zero());
  EXPECT_FALSE(median_difference(Sample(), from_to(1, 20)).excludes_zero());
}

TEST(MedianTest, TellsApartWhatChanceDoesNot) {  // case 4
  EXPECT_EQ(median_test(from_to(1, 20), from_to(1, 20)), 1);
  EXPECT_LT(median_test(from_to(101, 120), from_to(1, 20)), 1e-9);
  EXPECT_LT(median_test(from_to(1, 1, 30), from_to(1, 30)), 1e-6);
  EXPECT_EQ(median_test(Sample({}, 20), Sample({}, 20)), 1);
}

TEST(PairedMedian, SeesWhatPairsShare) {  // case 5
  std::vector<std::int64_t> fast, slow;
  for (std::int64_t i = 0; i < 20; ++i) {
    fast.push_back(1000 * i);
    slow.push_back(1000 * i + 7);
  }
  const auto shift = paired_median(slow, fast);
  EXPECT_EQ(shift.value, 7);
  EXPECT_EQ(shift.low, 7);
  EXPECT_EQ(shift.high, 7);
  EXPECT_NEAR(sign_test(slow, fast), 2 / std::pow(2.0, 20), 1e-15);
  // The samples themselves overlap so much that their medians tell nothing.
  EXPECT_FALSE(median_difference(Sample(slow, 0), Sample(fast, 0)).excludes_zero());
}

TEST(PairedMedian, CountsNever) {
  const std::vector<std::int64_t> there(20, 100), never(20, kNever);
  EXPECT_EQ(paired_median(never, there).low, kInfinity);
  EXPECT_EQ(paired_median(there, never).high, -kInfinity);
  EXPECT_EQ(paired_median(never, never).value, 0);
  EXPECT_EQ(sign_test(never, never), 1);
  EXPECT_LT(sign_test(never, there), 1e-5);
  EXPECT_FALSE(paired_median({}, {}).excludes_zero());
}

}  // namespace
}  // namespace punchlab::results
