#pragma once
// A recording as the store keeps it: compressed, and with the SHA-256 of what is inside, so that nothing else comes out.
//
//   u32 size of the content | its SHA-256 (64 hexadecimal digits) | zlib stream (RFC 1950)
#include <vector>

#include "protocol/base/bytes.hpp"
#include "results/store/result.hpp"

namespace punchlab::results {

inline constexpr std::size_t kMaxContent = std::size_t{48} << 20;

/// Empty when `content` has more than kMaxContent bytes.
std::vector<std::uint8_t> pack(Bytes content);
/// Error::Kind::corrupt when these are not bytes that `pack` made.
Result<std::vector<std::uint8_t>> unpack(Bytes packed);

}  // namespace punchlab::results
