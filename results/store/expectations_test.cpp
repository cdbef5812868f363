// Expectations against a summary of three cells: 100 %, 50 % and no direct trials out of ten each.
//  1. Met and missed, at both bounds, with the bounds inside.
//  2. Each cell for itself, or pooled: then with the interval of the strata, as pairs that a scenario lists are no
//  sample.
//  3. Quantiles: an infinite one misses every finite bound, and meets an infinite one.
//  4. Cells without trials are not held against a run.
//  5. What is said: the line, the text, the value and its cell.
//  6. With chance allowed for, only what it cannot explain is missed; exact rates are missed by one trial all the same.
#include "results/store/expectations.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace punchlab::results {
namespace {

using testing::HasSubstr;
using Quantity = trial::Expectation::Quantity;

Summary three_cells() {
  trial::Plan plan;
  plan.cells.resize(4);
  for (std::uint32_t i = 0; i < 4; ++i) {
    plan.cells[i].index = i;
    plan.cells[i].client.nat_name = "client" + std::to_string(i);
    plan.cells[i].connector.nat_name = "connector";
  }
  Summarizer summarizer(plan, "memory");
  for (std::uint32_t cell = 0; cell < 3; ++cell) {
    for (std::uint64_t k = 0; k < 10; ++k) {
      TrialRecord r;
      r.cell = cell;
      r.trial = k;
      r.outcome = k < 10 - 5 * cell ? Outcome::direct : Outcome::relayed;
      if (r.outcome == Outcome::direct) r.time_to_direct = std::chrono::milliseconds{100};
      summarizer.add(r);
    }
  }
  return summarizer.finish();
}

trial::Expectation expectation(Quantity quantity, std::vector<std::uint32_t> cells, double low, double high,
                               bool pooled = false) {
  return {quantity, std::move(cells), pooled, low, high, 12, "as written"};
}

Verdict verdict(const trial::Expectation& e) { return evaluate(e, three_cells()).verdict; }

TEST(Expectations, IncludeTheirBounds) {
  EXPECT_EQ(verdict(expectation(Quantity::direct, {0}, 1, 1)), Verdict::met);
  EXPECT_EQ(verdict(expectation(Quantity::direct, {1}, 0.5, 0.5)), Verdict::met);
  EXPECT_EQ(verdict(expectation(Quantity::direct, {1}, 0.500001, 1)), Verdict::missed);
  EXPECT_EQ(verdict(expectation(Quantity::direct, {1}, 0, 0.499999)), Verdict::missed);
  EXPECT_EQ(verdict(expectation(Quantity::relayed, {2}, 1, 1)), Verdict::met);
  EXPECT_EQ(verdict(expectation(Quantity::failed, {0, 1, 2}, 0, 0)), Verdict::met);
}

TEST(Expectations, TakeEachCellOrAllTogether) {
  EXPECT_EQ(verdict(expectation(Quantity::direct, {0, 1, 2}, 0.4, 0.6)), Verdict::missed);
  EXPECT_EQ(verdict(expectation(Quantity::direct, {0, 1, 2}, 0.4, 0.6, true)), Verdict::met);
  EXPECT_EQ(evaluate(expectation(Quantity::direct, {0, 1, 2}, 0.4, 0.6), three_cells()).missed, 2U);
}

TEST(Expectations, PooledSayTheIntervalOfTheirStrata) {
  const auto result = evaluate(expectation(Quantity::direct, {0, 2}, 0.4, 0.6, true), three_cells());
  EXPECT_TRUE(result.pooled);
  EXPECT_EQ(result.measured, "2 cells together: 50.00 % direct (10 of 20, 95 % interval 36.12-63.88 %)");
  EXPECT_FALSE(evaluate(expectation(Quantity::direct, {0, 2}, 0, 1), three_cells()).pooled);
}

TEST(Expectations, KnowInfiniteQuantiles) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(verdict(expectation(Quantity::time_to_direct_p50, {0}, 0, 100)), Verdict::met);
  EXPECT_EQ(verdict(expectation(Quantity::time_to_direct_p50, {0}, 0, 99.9)), Verdict::missed);
  EXPECT_EQ(verdict(expectation(Quantity::time_to_direct_p95, {1}, 0, 1e9)), Verdict::missed);
  EXPECT_EQ(verdict(expectation(Quantity::time_to_direct_p95, {1}, 0, kInfinite)), Verdict::met);
  EXPECT_EQ(verdict(expectation(Quantity::time_to_direct_p50, {0, 1, 2}, 0, 100, true)), Verdict::met);
}

TEST(Expectations, PassOverCellsWithoutTrials) {
  EXPECT_EQ(verdict(expectation(Quantity::direct, {3, 99}, 1, 1)), Verdict::not_measured);
  EXPECT_EQ(verdict(expectation(Quantity::direct, {3}, 1, 1, true)), Verdict::not_measured);
  EXPECT_EQ(verdict(expectation(Quantity::direct, {0, 3}, 1, 1)), Verdict::met);
}

TEST(Expectations, SayWhatDecided) {
  const auto result = evaluate(expectation(Quantity::direct, {0, 1, 2}, 1, 1), three_cells());
  EXPECT_FALSE(result.met());
  EXPECT_EQ(result.line, 12);
  EXPECT_EQ(result.text, "as written");
  EXPECT_EQ(result.measured, "client2 to connector, relay-first: 0.00 % direct (0 of 10, 95 % interval 0.00-27.75 %)");
  const auto time = evaluate(expectation(Quantity::time_to_direct_p95, {1}, 0, 1), three_cells());
  EXPECT_THAT(time.measured, HasSubstr("time to direct p95 infinite (5 of 10 trials have one)"));
}

TEST(Expectations, AllowForChance) {
  const auto verdict_at = [](const trial::Expectation& e) { return evaluate(e, three_cells(), 0.99999).verdict; };
  EXPECT_EQ(verdict_at(expectation(Quantity::direct, {1}, 0.6, 1)), Verdict::met);  // 5 of 10 may well be 60 %
  EXPECT_EQ(verdict_at(expectation(Quantity::direct, {1}, 1, 1)), Verdict::missed);
  EXPECT_EQ(verdict_at(expectation(Quantity::relayed, {1}, 0, 0)), Verdict::missed);
  EXPECT_EQ(verdict_at(expectation(Quantity::direct, {2}, 0.9, 1)), Verdict::missed);
  // Ten equal times bound no median with such confidence.
  EXPECT_EQ(verdict_at(expectation(Quantity::time_to_direct_p50, {0}, 0, 50)), Verdict::met);
}

}  // namespace
}  // namespace punchlab::results
