#include "sim/packet/checksum.hpp"

#include <bit>

namespace punchlab::packet {
namespace {

std::uint16_t fold(std::uint64_t value) {
  value = (value & 0xFFFFFFFF) + (value >> 32);
  value = (value & 0xFFFF) + (value >> 16);
  value = (value & 0xFFFF) + (value >> 16);
  return static_cast<std::uint16_t>((value & 0xFFFF) + (value >> 16));
}

/// A sum of words that were read in the machine's byte order.
std::uint16_t in_network_order(std::uint16_t folded) {
  if constexpr (std::endian::native == std::endian::big) return folded;
  return static_cast<std::uint16_t>((folded << 8) | (folded >> 8));
}

}  // namespace

// 64 bits at a time, in the machine's byte order, their halves apart so that nothing carries over: one's complement
// addition is the same for any word size that 16 divides and for either order of bytes (RFC 1071 section 2 B and C).
std::uint64_t sum(Bytes data, std::uint64_t initial) {
  const std::uint8_t* p = data.data();
  std::size_t n = data.size();
  std::uint64_t low = 0, high = 0;
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    low += word & 0xFFFFFFFF;
    high += word >> 32;
  }
  initial += in_network_order(fold(low + high));
  if (n >= 4) {
    initial += load_u32(p);
    p += 4;
    n -= 4;
  }
  if (n >= 2) {
    initial += load_u16(p);
    p += 2;
    n -= 2;
  }
  if (n == 1) initial += std::uint64_t{*p} << 8;
  return initial;
}

std::uint16_t finish(std::uint64_t unfolded) { return static_cast<std::uint16_t>(~fold(unfolded)); }

void Delta::replace(Bytes before, Bytes after) {
  for (std::size_t i = 0; i + 1 < before.size(); i += 2) replace(load_u16(&before[i]), load_u16(&after[i]));
}

std::uint16_t Delta::apply(std::uint16_t checksum) const {
  return finish(sum_ + static_cast<std::uint16_t>(~checksum));
}

std::uint16_t Delta::apply_udp(std::uint16_t checksum) const {
  if (checksum == 0) return 0;
  const std::uint16_t updated = apply(checksum);
  return updated == 0 ? std::uint16_t{0xFFFF} : updated;
}

}  // namespace punchlab::packet
