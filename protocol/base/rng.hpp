#pragma once
// Randomness is always injected: the core and the models draw from an `Rng&` that the caller owns.
#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace punchlab {

/// A source of uniform 64-bit numbers. Real hosts give one that is cryptographically secure.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual std::uint64_t next() = 0;

  /// Uniform in [0, bound) without modulo bias (Lemire 2019); `bound` must be positive.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1) with 53 bits.
  double uniform();
  bool chance(double probability) { return uniform() < probability; }
  void fill(MutableBytes out);
};

/// Names one stream of randomness: the same key gives the same numbers in any process and any order.
struct RngKey {
  std::uint64_t seed = 0;     ///< of the run
  std::uint64_t cell = 0;     ///< of the cell's world (policies share it)
  std::uint64_t trial = 0;    ///< index within the cell
  std::uint64_t purpose = 0;  ///< entity and use, from `purpose_of`
};

/// A stable number for a name such as "client/agent"; FNV-1a.
constexpr std::uint64_t purpose_of(std::string_view name) {
  std::uint64_t h = 0xCBF29CE484222325ULL;
  for (const char c : name) h = (h ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  return h;
}

/// xoshiro256++ (Blackman and Vigna 2019) seeded by SplitMix64 over the key. For worlds and tests, never for real keys.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(const RngKey& key);
  std::uint64_t next() override;

 private:
  std::uint64_t state_[4];
};

}  // namespace punchlab
