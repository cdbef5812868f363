// The sequential test of a risen rate:
//  1. Clear cases decide at the first look: all bad where none was, none bad where none was.
//  2. A rise below the margin that cannot be told from none stays undecided at the end, and goes on before.
//  3. Unchanged rates raise alarm at most as often as stated, over all looks together; by simulation.
//  4. A rise of twice the margin is caught as often as stated; by simulation.
//  5. Sizes of the looks double and end with all.
//  6. What would have decided: more trials now where the baseline is large enough, else of both; nothing at the margin.
#include "results/statistics/sequential.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/base/rng.hpp"

namespace punchlab::results {
namespace {

using testing::ElementsAre;

TEST(Sequential, ClearCasesDecideAtOnce) {  // case 1
  EXPECT_EQ(decide({0, 200}, {25, 25}, 0, {}), Decision::risen);
  EXPECT_EQ(decide({0, 1000}, {0, 500}, 0, {}), Decision::fine);
  EXPECT_EQ(decide({200, 200}, {200, 200}, 0, {}), Decision::fine);
}

TEST(Sequential, DoubtGoesOnUntilTheEnd) {  // case 2
  EXPECT_EQ(decide({20, 200}, {4, 25}, 0, {}), Decision::go_on);
  EXPECT_EQ(decide({20, 200}, {26, 200}, 5, {}), Decision::undecided);
}

/// How one check of samples of 200 ends: how many trials it took, and whether it called the rate risen.
struct Outcome {
  std::uint64_t trials = 0;
  bool risen = false;
};

Outcome check(double before, double now, std::uint64_t run, const SequentialLimits& limits) {
  SeededRng rng({.seed = 1, .cell = 0, .trial = run, .purpose = purpose_of("sequential")});
  Proportion baseline{0, 200}, seen;
  for (int i = 0; i < 200; ++i) baseline.count += rng.chance(before) ? 1U : 0U;
  const auto sizes = look_sizes(200, limits.looks);
  for (unsigned look = 0; look < limits.looks; ++look) {
    for (; seen.trials < sizes[look]; ++seen.trials) seen.count += rng.chance(now) ? 1U : 0U;
    const auto decision = decide(baseline, seen, look, limits);
    if (decision != Decision::go_on) return {seen.trials, decision == Decision::risen};
  }
  return {seen.trials, false};
}

double share_of_alarms(double before, double now, const SequentialLimits& limits) {
  constexpr std::uint64_t kRuns = 2000;
  int alarms = 0;
  for (std::uint64_t run = 0; run < kRuns; ++run) alarms += check(before, now, run, limits).risen ? 1 : 0;
  return static_cast<double>(alarms) / static_cast<double>(kRuns);
}

TEST(Sequential, UnchangedRatesStayQuiet) {  // case 3
  // At 5 % false alarms are frequent enough to count; 0.0146 is three standard deviations of 2000 runs.
  for (const double rate : {0.0, 0.02, 0.1, 0.5, 0.95})
    EXPECT_LE(share_of_alarms(rate, rate, {.false_alarm = 0.05}), 0.05 + 0.0146) << rate;
  // The test is not merely asleep: an ordinary test at each look would err far oftener than the exact one may.
  EXPECT_GT(share_of_alarms(0.5, 0.5, {.false_alarm = 0.05, .miss = 0.0001}), 0.004);
}

TEST(Sequential, RisesAreCaught) {  // case 4
  EXPECT_GE(share_of_alarms(0.0, 0.2, {}), 0.99);
  EXPECT_GE(share_of_alarms(0.5, 0.8, {}), 0.99);
  EXPECT_GE(share_of_alarms(0.05, 0.3, {}), 0.99);
}

TEST(Sequential, LooksDouble) {  // case 5
  EXPECT_THAT(look_sizes(200, 4), ElementsAre(25, 50, 100, 200));
  EXPECT_THAT(look_sizes(3, 4), ElementsAre(1, 1, 2, 3));
  EXPECT_THAT(look_sizes(7, 1), ElementsAre(7));
}

TEST(Sequential, KnowsWhatWouldHaveDecided) {  // case 6
  const auto growth = [](Proportion baseline, Proportion now) { return deciding_growth(baseline, now, {}); };
  const auto more_now = growth({0, 1000}, {0, 40});
  ASSERT_TRUE(more_now);
  EXPECT_EQ(more_now->baseline, 1U);
  EXPECT_EQ(more_now->now, 4U);  // 80 rule out 6.3 %, 160 rule out 3.3 %
  const auto more_of_both = growth({10, 10}, {200, 200});
  ASSERT_TRUE(more_of_both);
  EXPECT_EQ(more_of_both->baseline, more_of_both->now);
  EXPECT_GT(more_of_both->baseline, 4U);
  EXPECT_FALSE(growth({0, 2}, {1, 20}));  // a rise of the very margin, 5 points, over next to nothing
  EXPECT_EQ(growth({0, 200}, {0, 200})->now, 1U);
}

}  // namespace
}  // namespace punchlab::results
