// Seeded randomness.
// 1. Known answers: a fixed key gives fixed numbers for ever, or every stored result would lose its meaning.
// 2. The generator is xoshiro256++ over SplitMix64, computed here a second time. 3. Each part of a key matters.
// 4. `below` is uniform, `uniform` stays below 1, `fill` takes any size.
#include "protocol/base/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace punchlab {
namespace {

/// The published reference algorithms, written out once more.
struct Reference {
  std::array<std::uint64_t, 4> s;
  static std::uint64_t split_mix(std::uint64_t& x) {
    std::uint64_t z = (x += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  static std::uint64_t rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  std::uint64_t next() {
    const auto result = rotate(s[0] + s[3], 23) + s[0];
    const auto t = s[1] << 17;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
  }
};

TEST(SeededRng, IsXoshiroOverSplitMix) {
  const RngKey key{.seed = 7, .cell = 8, .trial = 9, .purpose = purpose_of("client/agent")};
  std::uint64_t x = key.seed;
  x = Reference::split_mix(x) ^ key.cell;
  x = Reference::split_mix(x) ^ key.trial;
  x = Reference::split_mix(x) ^ key.purpose;
  Reference reference;
  for (auto& word : reference.s) word = Reference::split_mix(x);
  SeededRng rng(key);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(rng.next(), reference.next()) << i;
}

TEST(SeededRng, KnownAnswers) {
  // SplitMix64 from zero starts with this number in every published implementation.
  std::uint64_t zero = 0;
  EXPECT_EQ(Reference::split_mix(zero), 0xe220a8397b1dcdafU);
  EXPECT_EQ(purpose_of(""), 0xcbf29ce484222325U);
  EXPECT_EQ(purpose_of("a"), 0xaf63dc4c8601ec8cU);
  SeededRng rng({.seed = 1});
  EXPECT_EQ(rng.next(), 0x35175b7530295db5U);
  EXPECT_EQ(rng.next(), 0xf3c9a569fa2302fbU);
}

TEST(SeededRng, EachPartOfTheKeyMatters) {
  std::set<std::uint64_t> firsts;
  for (const RngKey& key : {RngKey{}, RngKey{.seed = 1}, RngKey{.cell = 1}, RngKey{.trial = 1}, RngKey{.purpose = 1},
                            RngKey{.seed = 1, .trial = 1}, RngKey{.cell = 1, .purpose = 1}}) {
    firsts.insert(SeededRng(key).next());
  }
  EXPECT_EQ(firsts.size(), 7U);
}

TEST(Rng, BelowIsUniform) {
  SeededRng rng({.seed = 2});
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts[rng.below(7)];
  double chi_squared = 0;
  for (const int n : counts) chi_squared += (n - 10'000.0) * (n - 10'000.0) / 10'000.0;
  EXPECT_LT(chi_squared, 22.46) << "six degrees of freedom, 0.1 %";
  EXPECT_EQ(rng.below(1), 0U);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(rng.below(0x8000000000000001), 0x8000000000000001U);
}

TEST(Rng, UniformAndFill) {
  SeededRng rng({.seed = 3});
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double u = rng.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
  EXPECT_FALSE(rng.chance(0));
  EXPECT_TRUE(rng.chance(1));
  std::array<std::uint8_t, 11> bytes{};
  SeededRng(RngKey{.seed = 4}).fill(bytes);
  SeededRng again({.seed = 4});
  EXPECT_EQ(load_u64(bytes.data()), again.next());
  EXPECT_EQ(load_u16(&bytes[8]), again.next() >> 48);
  rng.fill({});
}

}  // namespace
}  // namespace punchlab
