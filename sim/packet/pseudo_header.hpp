#pragma once
// The pseudo-header that UDP, TCP and ICMPv6 checksums cover (RFC 768, RFC 9293 section 3.1, RFC 8200 section 8.1).
#include "protocol/base/address.hpp"
#include "sim/packet/checksum.hpp"

namespace punchlab::packet {

/// Its unfolded sum; `length` counts the transport header and what follows it. Addresses lie at `addresses`, source
/// first, as they do in both IP headers.
inline std::uint64_t pseudo_header_sum(Bytes addresses, std::uint8_t protocol, std::size_t length) {
  return sum(addresses, std::uint64_t{protocol} + length);
}

/// The addresses of a packet of `family`, source first.
inline Bytes addresses_of(Bytes packet, Family family) {
  return family == Family::ipv4 ? packet.subspan(12, 8) : packet.subspan(8, 32);
}

}  // namespace punchlab::packet
