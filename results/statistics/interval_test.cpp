// Wilson's interval against published values and against its own definition:
//  1. Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29.
//  2. The ends: nothing of 10, 200 of 200, one trial, no trial.
//  3. The defining equation: at each end, |p - end| = z sqrt(end (1 - end) / n).
//  4. Symmetry: the interval of n - k is the mirror image of that of k.
//  5. More trials at the same rate make it narrower; more confidence makes it wider.
//  6. Over strata: the strata's distances squared and added; Wilson's own of one stratum; exact ends.
//  7. Coverage: intervals of simulated runs contain the true rate about as often as they say.
#include "results/statistics/interval.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "protocol/base/rng.hpp"

namespace punchlab::results {
namespace {

void expect_interval(std::uint64_t successes, std::uint64_t trials, double low, double high, double tolerance) {
  const Interval interval = wilson_interval(successes, trials);
  EXPECT_NEAR(interval.low, low, tolerance) << successes << "/" << trials;
  EXPECT_NEAR(interval.high, high, tolerance) << successes << "/" << trials;
}

TEST(Wilson, MatchesNewcombe1998) {
  expect_interval(81, 263, 0.2553, 0.3662, 0.00005);
  expect_interval(15, 148, 0.0624, 0.1605, 0.00005);
  expect_interval(0, 20, 0.0, 0.1611, 0.00005);
  expect_interval(1, 29, 0.0061, 0.1718, 0.00005);
}

TEST(Stratified, AddsTheDistancesOfItsStrata) {
  const Interval half = wilson_interval(200, 200);
  const std::vector<Proportion> two{{200, 200}, {0, 200}};
  EXPECT_NEAR(stratified_interval(two).low, 0.5 - (1 - half.low) / 2, 1e-15);
  EXPECT_NEAR(stratified_interval(two).high, 0.5 + (1 - half.low) / 2, 1e-15);
  // By hand: weights 1/4 and 3/4, distances of 15 of 148 as in Newcombe 1998.
  const std::vector<Proportion> weighted{{15, 148}, {45, 444}};
  const auto first = wilson_interval(15, 148), second = wilson_interval(45, 444);
  const double p = 15.0 / 148;
  EXPECT_NEAR(stratified_interval(weighted).low, p - std::hypot((p - first.low) / 4, (p - second.low) * 3 / 4), 1e-15);
  EXPECT_NEAR(stratified_interval(weighted).high, p + std::hypot((first.high - p) / 4, (second.high - p) * 3 / 4),
              1e-15);
}

TEST(Stratified, MeansAreExactWhereStrataAgree) {
  const std::vector<Stratum> all{{0.1, 1, 0.9, 1}, {0.7, 1, 0.8, 1}, {0.3, 1, 0.7, 1}};
  EXPECT_EQ(stratified_mean(all).value, 1.0);
  EXPECT_EQ(stratified_mean(all).high, 1.0);
  const std::vector<Stratum> apart{{1, 0.2, 0.1, 0.5}, {3, -0.2, -0.6, 0.2}};
  EXPECT_NEAR(stratified_mean(apart).value, -0.1, 1e-15);
  EXPECT_NEAR(stratified_mean(apart).low, -0.1 - std::hypot(0.1, 1.2) / 4, 1e-15);
  EXPECT_NEAR(stratified_mean(apart).high, -0.1 + std::hypot(0.3, 1.2) / 4, 1e-15);
}

TEST(Stratified, IsWilsonsOfOneStratum) {
  EXPECT_EQ(stratified_interval(std::vector<Proportion>{{3, 10}}), wilson_interval(3, 10));
  EXPECT_EQ(stratified_interval({}), (Interval{0, 1}));
  const std::vector<Proportion> none{{0, 200}, {0, 200}}, all{{200, 200}, {200, 200}};
  EXPECT_EQ(stratified_interval(none).low, 0.0);
  EXPECT_EQ(stratified_interval(all).high, 1.0);
  EXPECT_GT(stratified_interval(none).high, wilson_interval(0, 400).high) << "it errs on the wide side there";
}

TEST(Wilson, EndsAreExact) {
  expect_interval(0, 10, 0.0, 0.2775327998628892, 1e-14);
  expect_interval(200, 200, 0.9811546736227335, 1.0, 1e-14);
  EXPECT_EQ(wilson_interval(0, 10).low, 0.0);
  EXPECT_EQ(wilson_interval(200, 200).high, 1.0);
  EXPECT_EQ(wilson_interval(0, 1).high, 1 - wilson_interval(1, 1).low);
  EXPECT_EQ(wilson_interval(0, 0), (Interval{0, 1}));
  EXPECT_EQ(wilson_interval(0, 100'000'000).low, 0.0);
}

TEST(Wilson, SolvesItsDefiningEquation) {
  const double z = two_sided_z(0.95);
  EXPECT_NEAR(z, 1.959963984540054, 1e-14);
  for (const std::uint64_t n : {1U, 7U, 200U, 100'000U}) {
    for (std::uint64_t k = 0; k <= n; k += 1 + n / 13) {
      const double p = static_cast<double>(k) / static_cast<double>(n);
      const Interval interval = wilson_interval(k, n);
      for (const double end : {interval.low, interval.high}) {
        EXPECT_NEAR(std::abs(p - end), z * std::sqrt(end * (1 - end) / static_cast<double>(n)), 1e-9) << k << "/" << n;
      }
    }
  }
}

TEST(Wilson, IsSymmetric) {
  for (std::uint64_t k = 0; k <= 50; ++k) {
    EXPECT_NEAR(wilson_interval(k, 50).low, 1 - wilson_interval(50 - k, 50).high, 1e-15);
  }
}

TEST(Wilson, NarrowsWithTrialsAndWidensWithConfidence) {
  const auto width = [](Interval i) { return i.high - i.low; };
  EXPECT_LT(width(wilson_interval(500, 1000)), width(wilson_interval(50, 100)));
  EXPECT_LT(width(wilson_interval(50, 100)), width(wilson_interval(50, 100, 0.99)));
}

// The share of runs whose interval holds the true rate. 4000 runs: standard deviation 0.0034 at 0.95.
double coverage(double rate, std::uint64_t trials) {
  constexpr int kRuns = 4000;
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    SeededRng rng(
        {.seed = 1, .cell = trials, .trial = static_cast<std::uint64_t>(run), .purpose = purpose_of("coverage")});
    std::uint64_t successes = 0;
    for (std::uint64_t i = 0; i < trials; ++i) successes += rng.chance(rate) ? 1 : 0;
    const Interval interval = wilson_interval(successes, trials);
    covered += interval.low <= rate && rate <= interval.high ? 1 : 0;
  }
  return static_cast<double>(covered) / kRuns;
}

TEST(Wilson, CoversTheTruthAboutAsOftenAsItSays) {
  // The expected values are exact: sums of the binomial distribution over the counts whose interval holds the rate.
  EXPECT_NEAR(coverage(0.50, 200), 0.9440, 0.012);
  EXPECT_NEAR(coverage(0.86, 200), 0.9481, 0.012);
  EXPECT_NEAR(coverage(0.30, 50), 0.9567, 0.012);
  // At the very ends every run is the same, so the interval always holds the truth.
  EXPECT_EQ(coverage(0.0, 200), 1.0);
  EXPECT_EQ(coverage(1.0, 200), 1.0);
}

}  // namespace
}  // namespace punchlab::results
