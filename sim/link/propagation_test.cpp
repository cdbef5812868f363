// Cases
//  1. A plain wire adds its latency and nothing else.
//  2. Jitter delays packets but never lets one overtake another.
//  3. Losses come at their rate; a lost packet uses as many draws as one that arrives, so that the others' delays do
//  not
//     depend on the loss rate.
//  4. The same key gives the same fates after a reset; another key gives others.
#include "sim/link/propagation.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace punchlab::link {
namespace {

using namespace std::chrono_literals;
constexpr RngKey kKey{1, 2, 3, 4};
const Distribution kNone = Distribution::constant(0);
const Distribution kJitter{Distribution::Kind::uniform, 0, 0.010};

/// Fates of packets sent `gap` apart; -1 for a loss, else the delay in nanoseconds.
std::vector<std::int64_t> delays(double loss, const Distribution& jitter, const RngKey& key, Duration gap) {
  Propagation wire;
  wire.reset(5ms, jitter, loss, key);
  std::vector<std::int64_t> out;
  for (int i = 0; i < 10'000; ++i) {
    const Time sent = kTimeOrigin + i * gap;
    const auto arrival = wire.arrival(sent);
    out.push_back(arrival != kNever ? (arrival - sent).count() : -1);
  }
  return out;
}

TEST(Propagation, PlainWire) {  // case 1
  for (const auto delay : delays(0, kNone, kKey, 1us)) ASSERT_EQ(Duration{delay}, 5ms);
}

TEST(Propagation, KeepsOrder) {  // case 2
  const auto got = delays(0, kJitter, kKey, 100us);
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < got.size(); ++i) {
    ASSERT_GE(got[i] + 100'000, got[i - 1]);
    ASSERT_GE(Duration{got[i]}, 5ms);
    longest = std::max(longest, got[i]);
  }
  EXPECT_GT(Duration{longest}, 14ms);
  EXPECT_LE(Duration{longest}, 15ms);
}

TEST(Propagation, LosesAtItsRate) {  // case 3
  const auto all = delays(0, kJitter, kKey, 20ms);
  const auto some = delays(0.1, kJitter, kKey, 20ms);
  int lost = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (some[i] < 0)
      ++lost;
    else
      ASSERT_EQ(some[i], all[i]);
  EXPECT_NEAR(lost, 1000, 120);
}

TEST(Propagation, DependsOnItsKeyOnly) {  // case 4
  EXPECT_EQ(delays(0.1, kJitter, kKey, 1ms), delays(0.1, kJitter, kKey, 1ms));
  EXPECT_NE(delays(0.1, kJitter, kKey, 1ms), delays(0.1, kJitter, {1, 2, 3, 5}, 1ms));
}

}  // namespace
}  // namespace punchlab::link
