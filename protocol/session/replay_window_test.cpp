// The replay window.
//  1. Each counter is accepted once, in any order within the window.
//  2. The edge: kSize - 1 behind the highest is fresh, kSize behind is not.
//  3. A jump ahead of the whole bitmap forgets the old marks and keeps refusing what is behind.
//  4. Property: for random walks it says exactly what a set of all counters ever seen says.
#include "protocol/session/replay_window.hpp"

#include <gmock/gmock.h>

#include <set>

#include "protocol/base/rng.hpp"

namespace punchlab::session {
namespace {

constexpr std::uint64_t kSize = ReplayWindow::kSize;

TEST(ReplayWindow, AcceptsEachCounterOnce) {
  ReplayWindow window;
  for (const std::uint64_t counter : {0u, 5u, 3u, 4u, 1u, 2u}) {
    EXPECT_TRUE(window.is_fresh(counter)) << counter;
    window.accept(counter);
    EXPECT_FALSE(window.is_fresh(counter)) << counter;
  }
}

TEST(ReplayWindow, EdgeIsExact) {
  for (const std::uint64_t highest : {kSize, kSize + 1, kSize + 63, kSize + 64, std::uint64_t{1} << 40}) {
    ReplayWindow window;
    window.accept(highest);
    EXPECT_TRUE(window.is_fresh(highest - (kSize - 1))) << highest;
    EXPECT_FALSE(window.is_fresh(highest - kSize)) << highest;
    window.accept(highest - (kSize - 1));
    EXPECT_FALSE(window.is_fresh(highest - (kSize - 1))) << highest;
  }
}

TEST(ReplayWindow, JumpForgetsOldMarks) {
  ReplayWindow window;
  for (std::uint64_t counter = 0; counter < 3 * kSize; ++counter) window.accept(counter);
  window.accept(1'000'000);
  for (std::uint64_t behind = 1; behind < kSize; ++behind) ASSERT_TRUE(window.is_fresh(1'000'000 - behind)) << behind;
  EXPECT_FALSE(window.is_fresh(1'000'000));
  EXPECT_FALSE(window.is_fresh(0));
}

TEST(ReplayWindow, SaysWhatASetSays) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRng rng({.seed = seed, .purpose = purpose_of("replay-window-test")});
    ReplayWindow window;
    std::set<std::uint64_t> seen;
    std::uint64_t highest = 0;
    for (int step = 0; step < 5000; ++step) {
      const std::uint64_t span = rng.chance(0.01) ? 3 * kSize : rng.chance(0.5) ? 70 : kSize + 100;
      const std::uint64_t centre = highest + (rng.chance(0.2) ? span / 2 : 0);
      const std::uint64_t counter = centre - std::min(centre, rng.below(span));
      const bool recent = seen.empty() || counter > highest || highest - counter < kSize;
      ASSERT_EQ(window.is_fresh(counter), recent && !seen.contains(counter)) << "seed " << seed << " step " << step;
      if (!window.is_fresh(counter)) continue;
      window.accept(counter);
      seen.insert(counter);
      highest = std::max(highest, counter);
    }
    EXPECT_GT(seen.size(), 1000u) << "the walk must accept enough to mean something";
  }
}

}  // namespace
}  // namespace punchlab::session
