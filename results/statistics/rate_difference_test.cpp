// Differences of rates against published answers:
//  1. Newcombe (1998, p. 873), table II, method 10: eight pairs of samples, at the edges too.
//  2. Newcombe (1998, p. 2635), method 10 for pairs: tables with and without empty cells; no correlation gives the
//     unpaired interval.
//  3. Fisher: the lady tasting tea (1935); Perondi and others (2004); nothing to tell apart.
//  4. McNemar: 7 against 1 (Bentur and others 2009), 10 against 0; agreement says nothing.
//  5. Holm: the textbook example; order is kept; what is adjusted never falls below a smaller one.
//  6. Both intervals change sign with the order of the samples.
//  7. Mantel and Haenszel: admissions to Berkeley by department (Bickel and others 1975), where the departments
//  together
//     tell the opposite; strata that cannot tell anything.
#include "results/statistics/rate_difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace punchlab::results {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

void expect_between(const Difference& found, double low, double high, double tolerance = 0.00005) {
  EXPECT_NEAR(found.low, low, tolerance);
  EXPECT_NEAR(found.high, high, tolerance);
}

TEST(Newcombe, MatchesTableII) {  // case 1
  expect_between(newcombe({56, 70}, {48, 80}), 0.0524, 0.3339);
  expect_between(newcombe({9, 10}, {3, 10}), 0.1705, 0.8090);
  expect_between(newcombe({6, 7}, {2, 7}), 0.0582, 0.8062);
  expect_between(newcombe({5, 56}, {0, 29}), -0.0381, 0.1926);
  expect_between(newcombe({0, 10}, {0, 20}), -0.1611, 0.2775);
  expect_between(newcombe({0, 10}, {0, 10}), -0.2775, 0.2775);
  expect_between(newcombe({10, 10}, {0, 20}), 0.6791, 1.0);
  expect_between(newcombe({10, 10}, {0, 10}), 0.6075, 1.0);
  EXPECT_DOUBLE_EQ(newcombe({56, 70}, {48, 80}).value, 0.2);
}

TEST(Newcombe, WithoutTrialsAnythingIsPossible) {
  expect_between(newcombe({0, 0}, {5, 10}), -1, 1);
  EXPECT_FALSE(newcombe({0, 0}, {10, 10}).excludes_zero());
  EXPECT_TRUE(newcombe({0, 10}, {10, 10}).excludes_zero());
}

TEST(NewcombePaired, MatchesPublishedTables) {  // case 2
  expect_between(newcombe_paired({36, 12, 2, 0}), 0.0569, 0.3404);
  expect_between(newcombe_paired({1, 1, 7, 12}), -0.507, -0.026, 0.0005);  // published with three decimals
}

TEST(NewcombePaired, WithoutCorrelationIsNewcombe) {
  // Both rates 1/2 and independent: 25 pairs of each kind; and one side constant, where no correlation can be told.
  for (const PairedCounts& counts : {PairedCounts{25, 25, 25, 25}, PairedCounts{40, 10, 0, 0}}) {
    const auto paired = newcombe_paired(counts);
    const auto unpaired = newcombe(counts.first(), counts.second());
    expect_between(paired, unpaired.low, unpaired.high);
  }
}

TEST(NewcombePaired, AgreementMakesItNarrow) {
  const auto width = [](const Difference& d) { return d.high - d.low; };
  const auto agreeing = newcombe_paired({50, 2, 3, 45});
  EXPECT_LT(width(agreeing), width(newcombe({52, 100}, {53, 100})) / 2);
  // No pair differs at all, but few pairs cannot prove that none ever would.
  const auto equal = newcombe_paired({30, 0, 0, 0});
  EXPECT_LT(equal.low, -0.05);
  EXPECT_GT(equal.high, 0.05);
}

TEST(Fisher, MatchesPublishedAnswers) {  // case 3
  EXPECT_NEAR(fisher_greater({3, 4}, {1, 4}), 17.0 / 70, 1e-12);
  EXPECT_NEAR(fisher_two_sided({3, 4}, {1, 4}), 34.0 / 70, 1e-12);
  EXPECT_NEAR(fisher_two_sided({7, 34}, {1, 34}), 0.0544, 0.00005);
  EXPECT_DOUBLE_EQ(fisher_greater({0, 10}, {0, 10}), 1);
  EXPECT_DOUBLE_EQ(fisher_two_sided({10, 10}, {20, 20}), 1);
  EXPECT_DOUBLE_EQ(fisher_greater({0, 0}, {5, 10}), 1);
  EXPECT_NEAR(fisher_greater({1, 10}, {9, 10}), 1 - 1.0 / 184756, 1e-12);
}

TEST(Fisher, TakesManyTrials) {
  EXPECT_LT(fisher_greater({52'000, 100'000}, {50'000, 100'000}), 1e-15);
  EXPECT_GT(fisher_greater({50'100, 100'000}, {50'000, 100'000}), 0.3);
}

TEST(McNemar, IsTheBinomialTestOfPairsThatDiffer) {  // case 4
  EXPECT_DOUBLE_EQ(mcnemar_exact({1, 1, 7, 12}), 0.0703125);
  EXPECT_DOUBLE_EQ(mcnemar_exact({0, 10, 0, 0}), 2.0 / 1024);
  EXPECT_DOUBLE_EQ(mcnemar_exact({90, 0, 0, 110}), 1);
  EXPECT_DOUBLE_EQ(mcnemar_exact({5, 8, 8, 5}), 1);
}

TEST(Holm, AdjustsStepDown) {  // case 5
  EXPECT_THAT(
      holm(std::vector{0.01, 0.04, 0.03, 0.005}),
      ElementsAre(DoubleNear(0.03, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.02, 1e-12)));
  EXPECT_THAT(holm(std::vector{0.9, 0.8}), ElementsAre(1, 1));
  EXPECT_THAT(holm(std::vector{0.04}), ElementsAre(0.04));
  EXPECT_THAT(holm(std::vector<double>{}), IsEmpty());
}

TEST(Differences, ChangeSignWithTheOrder) {  // case 6
  const auto mirrored = [](const Difference& d, const Difference& other) {
    EXPECT_NEAR(d.low, -other.high, 1e-12);
    EXPECT_NEAR(d.high, -other.low, 1e-12);
    EXPECT_NEAR(d.value, -other.value, 1e-12);
  };
  mirrored(newcombe({5, 56}, {0, 29}), newcombe({0, 29}, {5, 56}));
  mirrored(newcombe_paired({36, 12, 2, 7}), newcombe_paired({36, 2, 12, 7}));
}

TEST(MantelHaenszel, MatchesBerkeley) {  // case 7
  const std::vector<TwoSamples> departments{{{512, 825}, {89, 108}},  {{353, 560}, {17, 25}}, {{120, 325}, {202, 593}},
                                            {{138, 417}, {131, 375}}, {{53, 191}, {94, 393}}, {{22, 373}, {24, 341}}};
  EXPECT_NEAR(mantel_haenszel(departments), 0.2323, 0.00005);  // 1.4269 with one degree of freedom
  TwoSamples all;
  for (const auto& [men, women] : departments) {
    all.first = {all.first.count + men.count, all.first.trials + men.trials};
    all.second = {all.second.count + women.count, all.second.trials + women.trials};
  }
  EXPECT_LT(fisher_two_sided(all.first, all.second), 1e-15) << "what the strata together would tell";
}

TEST(MantelHaenszel, OfNothingToTell) {
  EXPECT_EQ(mantel_haenszel({}), 1);
  const std::vector<TwoSamples> agreed{{{0, 10}, {0, 20}}, {{10, 10}, {20, 20}}, {{5, 10}, {0, 0}}};
  EXPECT_EQ(mantel_haenszel(agreed), 1);
  const std::vector<TwoSamples> worse{{{30, 60}, {10, 60}}, {{60, 60}, {60, 60}}};
  EXPECT_LT(mantel_haenszel(worse), 0.001);
  const std::vector<TwoSamples> better{{{10, 60}, {30, 60}}, {{60, 60}, {60, 60}}};
  EXPECT_EQ(mantel_haenszel(better), mantel_haenszel(worse));
}

}  // namespace
}  // namespace punchlab::results
