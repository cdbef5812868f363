#include "sim/packet/checksum.hpp"

namespace punchlab::packet {
namespace {

std::uint16_t fold(std::uint64_t value) {
  value = (value & 0xFFFFFFFF) + (value >> 32);
  value = (value & 0xFFFF) + (value >> 16);
  value = (value & 0xFFFF) + (value >> 16);
  return static_cast<std::uint16_t>((value & 0xFFFF) + (value >> 16));
}

}  // namespace

// 32 bits at a time: one's complement addition is the same for any word size that 16 divides (RFC 1071 section 2 C).
// The sum of a whole packet cannot overflow 64 bits.
std::uint64_t sum(Bytes data, std::uint64_t initial) {
  const std::uint8_t* p = data.data();
  std::size_t n = data.size();
  for (; n >= 4; p += 4, n -= 4) initial += load_u32(p);
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
