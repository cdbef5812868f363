#pragma once
// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#include <cstdint>

#include "protocol/base/bytes.hpp"

namespace punchlab::packet {

/// Unfolded one's complement sum of `data` as 16-bit words in network order, added to `initial`; an odd last byte is
/// padded with zero, so only the last part of a longer sum may be odd.
std::uint64_t sum(Bytes data, std::uint64_t initial = 0);

/// Folds a sum to 16 bits and complements it: the value that stands in a header.
std::uint16_t finish(std::uint64_t unfolded);

/// One change of covered bytes, as the difference that RFC 1624 equation 3 adds: build with `replace`, use on any
/// number of checksums that cover the same bytes.
class Delta {
 public:
  void replace(std::uint16_t before, std::uint16_t after) {
    sum_ += static_cast<std::uint16_t>(~before);
    sum_ += after;
  }
  /// Both of the same even length, starting at an even offset of what the checksum covers.
  void replace(Bytes before, Bytes after);
  /// The new value of a checksum that was `checksum`.
  std::uint16_t apply(std::uint16_t checksum) const;
  /// The same for UDP: 0 means "no checksum" and stays (IPv4 only), a computed 0 is sent as 0xFFFF (RFC 768).
  std::uint16_t apply_udp(std::uint16_t checksum) const;

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace punchlab::packet
