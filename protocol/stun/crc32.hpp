#pragma once
// CRC-32 as FINGERPRINT uses it (RFC 8489 section 14.7; ITU V.42, reflected polynomial 0xEDB88320).
#include "protocol/base/bytes.hpp"

namespace punchlab::stun {

/// The CRC of `data`, before the XOR with 0x5354554E that makes it a FINGERPRINT.
std::uint32_t crc32(Bytes data);

}  // namespace punchlab::stun
