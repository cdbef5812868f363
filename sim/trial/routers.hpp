#pragma once
// Facts about routers that every world must agree on to produce the same packets.
#include "protocol/base/address.hpp"
#include "protocol/base/bytes.hpp"
#include "sim/nat/nat_box.hpp"

namespace punchlab::trial {

/// The core router's own address, the source of its ICMP errors: the IPv4 dummy address (RFC 7600 section 4.1), or one
/// of the documentation prefix (RFC 3849).
inline IpAddress core_address(Family family) {
  return family == Family::ipv4 ? IpAddress::v4(192, 0, 0, 8)
                                : IpAddress::v6({0x20, 0x01, 0x0D, 0xB8, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8});
}

/// A gateway's address of `family` on the side that a packet came from: the source of its ICMP errors. A firewall has
/// only one.
inline IpAddress gateway_address(const nat::Addressing& addressing, nat::From from, Family family) {
  if (from == nat::From::inside && addressing.internal.family() == family) return addressing.internal;
  for (const auto& address : addressing.external)
    if (address.family() == family) return address;
  if (addressing.internal.family() == family) return addressing.internal;
  return core_address(family);
}

/// Family of a whole IP packet of at least one byte.
inline Family family_of(Bytes packet) { return packet[0] >> 4 == 6 ? Family::ipv6 : Family::ipv4; }

/// Source of a whole, well-formed IPv4 packet of UDP or TCP without options; of others the port means nothing.
inline TransportAddress source_of(Bytes packet) {
  const std::size_t header = std::size_t{packet[0] & 0x0FU} * 4;
  const auto port = packet.size() >= header + 2 ? load_u16(&packet[header]) : std::uint16_t{0};
  return {IpAddress::v4(load_u32(&packet[12])), port};
}

/// The same of its destination.
inline TransportAddress endpoint_of(Bytes packet) {
  const std::size_t header = std::size_t{packet[0] & 0x0FU} * 4;
  const auto port = packet.size() >= header + 4 ? load_u16(&packet[header + 2]) : std::uint16_t{0};
  return {IpAddress::v4(load_u32(&packet[16])), port};
}

/// Destination address of a whole, well-formed IP packet.
inline IpAddress destination_of(Bytes packet) {
  if (family_of(packet) == Family::ipv4) return IpAddress::v4(load_u32(&packet[16]));
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &packet[24], bytes.size());
  return IpAddress::v6(bytes);
}

/// TTL or hop limit of a whole, well-formed IP packet.
inline std::uint8_t ttl_of(Bytes packet) { return packet[family_of(packet) == Family::ipv4 ? 8 : 7]; }

}  // namespace punchlab::trial
