// Quantiles by nearest rank, with trials that never got there as infinities:
//  1. Known answers: 1..100, five values, one value.
//  2. A trial without a value pushes the quantiles up; once the rank falls among the infinities there is none.
//  3. The order in which values come does not matter.
//  4. No rounding trouble: 95 % of 200 is the 190th value, at every multiple.
//  5. Pooling equals one big sample.
//  6. Nothing at all: no quantile.
#include "results/statistics/sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace punchlab::results {
namespace {

std::vector<std::int64_t> one_to(std::int64_t n) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1);
  return values;
}

TEST(Sample, GivesKnownQuantiles) {
  const Sample hundred(one_to(100), 0);
  EXPECT_EQ(hundred.median(), 50);
  EXPECT_EQ(hundred.quantile(95), 95);
  EXPECT_EQ(hundred.quantile(100), 100);
  EXPECT_EQ(hundred.quantile(1), 1);
  const Sample five({15, 20, 35, 40, 50}, 0);
  EXPECT_EQ(five.quantile(30), 20);
  EXPECT_EQ(five.quantile(40), 20);
  EXPECT_EQ(five.quantile(50), 35);
  EXPECT_EQ(Sample({7}, 0).quantile(99), 7);
}

TEST(Sample, CountsNeverAsInfinite) {
  const Sample half(one_to(50), 50);
  EXPECT_EQ(half.median(), 50);
  EXPECT_EQ(half.quantile(51), std::nullopt);
  const Sample fewer(one_to(49), 51);
  EXPECT_EQ(fewer.median(), std::nullopt);
  EXPECT_EQ(fewer.quantile(49), 49);
  EXPECT_EQ(fewer.measured(), 49U);
  EXPECT_EQ(fewer.trials(), 100U);
  EXPECT_EQ(Sample({}, 3).quantile(1), std::nullopt);
}

TEST(Sample, IgnoresOrder) {
  auto values = one_to(37);
  const Sample forwards(values, 5);
  std::reverse(values.begin(), values.end());
  const Sample backwards(values, 5);
  for (unsigned percent = 1; percent <= 100; ++percent)
    EXPECT_EQ(forwards.quantile(percent), backwards.quantile(percent));
}

TEST(Sample, PicksTheExactRank) {
  for (std::int64_t n = 20; n <= 4000; n += 20) EXPECT_EQ(Sample(one_to(n), 0).quantile(95), n / 20 * 19);
}

TEST(Sample, PoolsAsIfItWereOne) {
  const Sample low({1, 2, 3}, 1);
  const Sample high({10, 20}, 0);
  const std::array<const Sample*, 2> parts{&high, &low};
  const Sample pooled = Sample::pool(parts);
  EXPECT_EQ(pooled.trials(), 6U);
  EXPECT_EQ(pooled.measured(), 5U);
  EXPECT_EQ(pooled.median(), 3);
  EXPECT_EQ(pooled.quantile(99), std::nullopt);
}

TEST(Sample, OfNothingHasNoQuantile) { EXPECT_EQ(Sample().median(), std::nullopt); }

}  // namespace
}  // namespace punchlab::results
