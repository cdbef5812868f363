#include "protocol/base/rng.hpp"

#include <bit>

namespace punchlab {
namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t Rng::below(std::uint64_t bound) {
  // __int128 is a GCC and Clang extension; -Wpedantic wants it marked.
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const Wide product = Wide{next()} * bound;
    if (static_cast<std::uint64_t>(product) >= threshold) return static_cast<std::uint64_t>(product >> 64);
  }
}

double Rng::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

void Rng::fill(MutableBytes out) {
  while (!out.empty()) {
    std::uint8_t word[8];
    store_u64(word, next());
    const auto n = out.size() < 8 ? out.size() : std::size_t{8};
    std::memcpy(out.data(), word, n);
    out = out.subspan(n);
  }
}

SeededRng::SeededRng(const RngKey& key) {
  std::uint64_t s = key.seed;
  for (const auto part : {key.cell, key.trial, key.purpose}) s = split_mix(s) ^ part;
  for (auto& word : state_) word = split_mix(s);
}

std::uint64_t SeededRng::next() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace punchlab
