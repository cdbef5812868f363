// The index says what a plain list says, through random insertions and removals with many collisions, at its full capacity.
#include "protocol/rendezvous/flat_index.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <utility>

#include "protocol/base/rng.hpp"

namespace punchlab::rendezvous {
namespace {

TEST(FlatIndex, SaysWhatAListSays) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRng rng({.seed = seed, .purpose = purpose_of("flat-index-test")});
    constexpr std::uint32_t kCapacity = 20;
    FlatIndex index(kCapacity);
    std::vector<std::pair<std::uint64_t, std::uint32_t>> list;
    for (int step = 0; step < 3000; ++step) {
      const std::uint64_t hash = rng.below(12) * (rng.chance(0.3) ? 64 : 1);
      const auto slot = static_cast<std::uint32_t>(rng.below(kCapacity));
      const auto has_slot = std::ranges::find(list, slot, &std::pair<std::uint64_t, std::uint32_t>::second);
      if (has_slot != list.end()) {
        index.erase(has_slot->first, slot);
        list.erase(has_slot);
      } else {
        index.insert(hash, slot);
        list.emplace_back(hash, slot);
      }
      ASSERT_EQ(index.size(), list.size());
      for (const auto& [h, s] : list)
        ASSERT_EQ(index.find(h, [&](std::uint32_t found) { return found == s; }), s) << "seed " << seed << " " << step;
      ASSERT_FALSE(index.find(hash, [&](std::uint32_t) { return false; }).has_value());
    }
  }
}

}  // namespace
}  // namespace punchlab::rendezvous
