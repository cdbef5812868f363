#pragma once
// Whole IPv4 and IPv6 packets as bytes: build, look at, rewrite. No allocation, no state; every builder writes into the
// caller's buffer and returns the size of the packet, or 0 when it does not fit.
#include <cstdint>
#include <optional>

#include "protocol/base/address.hpp"
#include "protocol/base/bytes.hpp"

namespace punchlab::packet {

/// IANA protocol numbers of what a gateway translates.
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIcmp6 = 58;

inline constexpr std::size_t kIpv4HeaderSize = 20;
inline constexpr std::size_t kIpv6HeaderSize = 40;
inline constexpr std::size_t kUdpHeaderSize = 8;
inline constexpr std::size_t kTcpHeaderSize = 20;
inline constexpr std::size_t kIcmpHeaderSize = 8;
inline constexpr std::uint8_t kDefaultTtl = 64;

/// Bytes that IP and UDP headers add to a payload.
constexpr std::size_t udp_overhead(Family family) {
  return (family == Family::ipv4 ? kIpv4HeaderSize : kIpv6HeaderSize) + kUdpHeaderSize;
}

/// A packet whose IP header is well formed, and the ports when its transport header is there. Offsets count from the
/// start of the packet.
struct View {
  Family family = Family::ipv4;
  std::uint8_t protocol = 0;  ///< of the transport header, IPv6 extension headers skipped
  std::uint8_t ttl = 0;       ///< or hop limit
  bool fragment = false;      ///< any fragment, the first one too
  std::size_t transport = 0;  ///< offset of the transport header
  std::size_t size = 0;       ///< of the whole packet by its own header; the buffer may be longer
  TransportAddress source;    ///< port 0 for ICMP
  TransportAddress destination;
  std::size_t payload = 0;  ///< offset of what follows the UDP, TCP or ICMP header
  std::size_t payload_size = 0;

  Bytes payload_of(Bytes packet) const { return packet.subspan(payload, payload_size); }
};

/// Nothing when the IP header, its lengths or the UDP, TCP or ICMP header behind it are malformed or cut short.
/// Checksums are not checked (`checksums_valid` does). Fragments have neither ports nor payload.
std::optional<View> parse(Bytes packet);
/// The packet quoted in an ICMP error: like `parse`, but only 8 bytes of the transport header need be there and the
/// length field may exceed what was quoted (RFC 792, RFC 4443 section 3).
std::optional<View> parse_embedded(Bytes packet);

/// One UDP datagram with correct checksums; `source` and `destination` of one family.
std::size_t write_udp(MutableBytes out, const TransportAddress& source, const TransportAddress& destination,
                      std::uint8_t ttl, Bytes payload);

/// RFC 9293 section 3.1: the fields that a gateway or a test sets.
struct TcpFields {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 65535;
};
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kAck = 0x10;

/// One TCP segment without options.
std::size_t write_tcp(MutableBytes out, const TransportAddress& source, const TransportAddress& destination,
                      std::uint8_t ttl, const TcpFields& fields, Bytes payload);
/// The fields of a TCP segment that `parse` accepted.
TcpFields tcp_fields(Bytes packet, const View& view);
/// The RST that a closed port answers `packet` with (RFC 9293 section 3.10.7.1); 0 for a packet that is itself a RST,
/// is no TCP or does not fit.
std::size_t write_reset(MutableBytes out, Bytes packet, const View& view);

/// True when the IPv4 header checksum and the UDP, TCP or ICMP checksum are right (UDP over IPv4 may carry none); false
/// for anything `parse` refuses. Of fragments only the header is checked.
bool checksums_valid(Bytes packet);

/// Takes one hop off TTL or hop limit, checksum included. False, and nothing changed, when it must not be forwarded.
bool decrement_ttl(MutableBytes packet);

/// Rewrites the source (or destination) address and port of a UDP or TCP packet, or the address and query identifier of
/// an ICMP echo, with every checksum updated incrementally. `packet` may be one that an ICMP error quotes: a checksum
/// that was cut off is left out.
void set_source(MutableBytes packet, const View& view, const TransportAddress& source);
void set_destination(MutableBytes packet, const View& view, const TransportAddress& destination);
/// The same for the address alone, of which only the IP header's checksum takes note: for ICMP errors, whose own
/// checksum is made anew after all changes (`refresh_icmp_checksum`).
void set_source_address(MutableBytes packet, const View& view, const IpAddress& source);
void set_destination_address(MutableBytes packet, const View& view, const IpAddress& destination);

}  // namespace punchlab::packet
