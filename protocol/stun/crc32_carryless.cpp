#include "protocol/stun/crc32_carryless.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace punchlab::stun {

#if defined(__x86_64__)

bool has_carryless_multiplication() {
  static const bool has = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return has;
}

namespace {

__attribute__((target("pclmul,sse4.1"))) __m128i load(const std::uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

/// From the 128 bits that are left to the 32 of the register: two folds, then Barrett's reduction.
__attribute__((target("pclmul,sse4.1"))) std::uint32_t reduce(__m128i x, __m128i fold_by_block) {
  const auto low_words = _mm_setr_epi32(-1, 0, -1, 0);
  x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, fold_by_block, 0x10));
  const auto fold_by_word = _mm_set_epi64x(0, 0x163CD6124);
  x = _mm_xor_si128(_mm_srli_si128(x, 4), _mm_clmulepi64_si128(_mm_and_si128(x, low_words), fold_by_word, 0x00));
  const auto barrett = _mm_set_epi64x(0x1F7011641, 0x1DB710641);
  auto quotient = _mm_clmulepi64_si128(_mm_and_si128(x, low_words), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), barrett, 0x00);
  return static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(x, quotient), 1));
}

}  // namespace

__attribute__((target("pclmul,sse4.1"))) std::uint32_t crc32_of_blocks(Bytes blocks) {
  const auto fold_by_block = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
  auto x = _mm_xor_si128(load(blocks.data()), _mm_cvtsi32_si128(-1));
  for (std::size_t at = 16; at < blocks.size(); at += 16) {
    const auto low = _mm_clmulepi64_si128(x, fold_by_block, 0x00);
    const auto high = _mm_clmulepi64_si128(x, fold_by_block, 0x11);
    x = _mm_xor_si128(_mm_xor_si128(low, high), load(&blocks[at]));
  }
  return reduce(x, fold_by_block);
}

#else

bool has_carryless_multiplication() { return false; }
std::uint32_t crc32_of_blocks(Bytes) { return 0; }

#endif

}  // namespace punchlab::stun
