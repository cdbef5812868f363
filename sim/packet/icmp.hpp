#pragma once
// ICMP (RFC 792) and ICMPv6 (RFC 4443): errors with the packet that caused them, and echo.
#include <cstdint>
#include <optional>

#include "sim/packet/packet.hpp"

namespace punchlab::packet {

/// Errors by meaning; type and code depend on the family.
enum class IcmpError : std::uint8_t {
  ttl_expired,
  no_route,
  address_unreachable,
  port_unreachable,
  prohibited,  ///< administratively
};

/// Bytes of the offending packet that an error quotes at most: 576-byte errors for IPv4 (RFC 1812 section 4.3.2.3),
/// less than RFC 4443 allows for IPv6, so that a reply buffer of 576 bytes always suffices.
inline constexpr std::size_t kLargestIcmpError = 576;

/// An error from `from` to the source of `offending`, quoting it. 0 when `offending` is itself an ICMP error, is
/// malformed, or the error does not fit (RFC 1122 section 3.2.2: never an error about an error). A longer packet is
/// quoted in part.
std::size_t write_icmp_error(MutableBytes out, IcmpError error, const IpAddress& from, Bytes offending,
                             std::uint8_t ttl = kDefaultTtl);

/// One echo request or reply.
std::size_t write_echo(MutableBytes out, bool request, const IpAddress& source, const IpAddress& destination,
                       std::uint8_t ttl, std::uint16_t identifier, std::uint16_t sequence, Bytes payload);

enum class IcmpKind : std::uint8_t { echo_request, echo_reply, error, other };

/// What an ICMP or ICMPv6 packet that `parse` accepted is.
IcmpKind icmp_kind(Bytes packet, const View& view);
/// Of an error: the packet it quotes (from `view.payload` to the end); nothing when that is malformed.
std::optional<View> embedded(Bytes packet, const View& view);
/// Query identifier of an echo (RFC 5508 section 3).
std::uint16_t echo_identifier(Bytes packet, const View& view);
/// Recomputes the checksum of an ICMP packet after its body changed; for ICMPv6 the pseudo-header is included.
void refresh_icmp_checksum(MutableBytes packet, const View& view);

}  // namespace punchlab::packet
