// The open-addressed index against std::map:
// 1. Random inserts and erases over few hashes, so that runs of collisions form and wrap round, agree with the map, up
// to the
//    full capacity.
// 2. Cleared, it holds nothing and takes everything again.
#include "protocol/base/slot_index.hpp"

#include <gtest/gtest.h>

#include <map>

#include "protocol/base/rng.hpp"

namespace punchlab {
namespace {

TEST(SlotIndex, AgreesWithAMapUnderCollisions) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SeededRng rng({seed, 0, 0, purpose_of("slot-index")});
    constexpr std::uint32_t kCapacity = 12;
    SlotIndex index(kCapacity);
    std::map<std::uint32_t, std::uint64_t> model;  // slot to hash
    for (int step = 0; step < 500; ++step) {
      const auto slot = static_cast<std::uint32_t>(rng.below(kCapacity));
      if (const auto it = model.find(slot); it != model.end()) {
        index.erase(it->second, slot);
        model.erase(it);
      } else {
        model[slot] = rng.below(6) + 28;  // around the end of the 32 cells
        index.insert(model[slot], slot);
      }
      ASSERT_EQ(index.size(), model.size());
      for (std::uint32_t s = 0; s < kCapacity; ++s) {
        const auto known = model.find(s);
        const auto hash = known == model.end() ? 30 : known->second;
        const auto found = index.find(hash, [&](auto candidate) { return candidate == s; });
        ASSERT_EQ(found.has_value(), known != model.end()) << "seed " << seed << " step " << step;
      }
    }
  }
}

TEST(SlotIndex, Clears) {
  SlotIndex index(4);
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t slot = 0; slot < 4; ++slot) index.insert(7, slot);
    EXPECT_TRUE(index.find(7, [](auto slot) { return slot == 3; }).has_value());
    index.clear();
    EXPECT_EQ(index.size(), 0u);
    EXPECT_FALSE(index.find(7, [](auto) { return true; }).has_value());
  }
}

}  // namespace
}  // namespace punchlab
