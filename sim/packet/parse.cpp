// Looking at packets: one pass over the IP header, IPv6 extension headers and the transport header.
#include <algorithm>

#include "sim/packet/packet.hpp"

namespace punchlab::packet {
namespace {

/// How much has to be there: a whole packet, or what an ICMP error quotes of one.
enum class Extent : std::uint8_t { whole, quoted };

constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kDestinationOptions = 60;

bool size_fits(std::size_t declared, std::size_t header, std::size_t available, Extent extent) {
  return declared >= header && (extent == Extent::quoted || declared <= available);
}

bool parse_ipv4(Bytes packet, Extent extent, View& view) {
  if (packet.size() < kIpv4HeaderSize) return false;
  const std::size_t header = std::size_t{packet[0] & 0x0FU} * 4;
  const std::size_t declared = load_u16(&packet[2]);
  if (header < kIpv4HeaderSize || header > packet.size() || !size_fits(declared, header, packet.size(), extent))
    return false;
  view.family = Family::ipv4;
  view.ttl = packet[8];
  view.protocol = packet[9];
  view.fragment = (load_u16(&packet[6]) & 0x3FFF) != 0;  // MF or an offset
  view.transport = header;
  view.size = declared;
  view.source.address = IpAddress::v4(load_u32(&packet[12]));
  view.destination.address = IpAddress::v4(load_u32(&packet[16]));
  return true;
}

/// Moves past the extension headers that a gateway must look behind (RFC 8200 section 4); each is at least 8 bytes, so
/// the loop ends.
bool skip_extensions(Bytes packet, std::size_t end, View& view) {
  for (;;) {
    const bool fragment = view.protocol == kFragment;
    if (!fragment && view.protocol != kHopByHop && view.protocol != kRouting && view.protocol != kDestinationOptions)
      return true;
    if (view.transport + 8 > end) return false;
    const std::uint8_t* p = &packet[view.transport];
    if (fragment && (load_u16(p + 2) & 0xFFF9) != 0) view.fragment = true;
    view.transport += fragment ? 8 : 8 + std::size_t{p[1]} * 8;
    view.protocol = p[0];
    if (view.transport > end) return false;
    if (view.fragment) return true;
  }
}

bool parse_ipv6(Bytes packet, Extent extent, View& view) {
  if (packet.size() < kIpv6HeaderSize) return false;
  const std::size_t declared = kIpv6HeaderSize + load_u16(&packet[4]);
  if (!size_fits(declared, kIpv6HeaderSize, packet.size(), extent)) return false;
  view.family = Family::ipv6;
  view.protocol = packet[6];
  view.ttl = packet[7];
  view.transport = kIpv6HeaderSize;
  view.size = declared;
  view.source.address = *IpAddress::from_bytes(packet.subspan(8, 16));
  view.destination.address = *IpAddress::from_bytes(packet.subspan(24, 16));
  return skip_extensions(packet, std::min(declared, packet.size()), view);
}

void take_ports(Bytes packet, View& view) {
  view.source.port = load_u16(&packet[view.transport]);
  view.destination.port = load_u16(&packet[view.transport + 2]);
}

bool parse_udp(Bytes packet, std::size_t end, Extent extent, View& view) {
  if (view.transport + kUdpHeaderSize > end) return false;
  const std::size_t length = load_u16(&packet[view.transport + 4]);
  if (length < kUdpHeaderSize || (extent == Extent::whole && view.transport + length > end)) return false;
  take_ports(packet, view);
  view.payload = view.transport + kUdpHeaderSize;
  view.payload_size = std::min(length - kUdpHeaderSize, end - view.payload);
  return true;
}

bool parse_tcp(Bytes packet, std::size_t end, Extent extent, View& view) {
  if (view.transport + (extent == Extent::quoted ? 8 : kTcpHeaderSize) > end) return false;
  take_ports(packet, view);
  if (extent == Extent::quoted) {
    view.payload = end;
    return true;
  }
  const std::size_t header = (std::size_t{packet[view.transport + 12]} >> 4U) * 4;
  if (header < kTcpHeaderSize || view.transport + header > end) return false;
  view.payload = view.transport + header;
  view.payload_size = end - view.payload;
  return true;
}

bool parse_icmp(std::size_t end, View& view) {
  if (view.transport + kIcmpHeaderSize > end) return false;
  view.payload = view.transport + kIcmpHeaderSize;
  view.payload_size = end - view.payload;
  return true;
}

bool parse_transport(Bytes packet, Extent extent, View& view) {
  const std::size_t end = std::min(view.size, packet.size());
  view.payload = end;
  if (view.fragment) return true;
  switch (view.protocol) {
    case kUdp:
      return parse_udp(packet, end, extent, view);
    case kTcp:
      return parse_tcp(packet, end, extent, view);
    case kIcmp:
    case kIcmp6:
      return parse_icmp(end, view);
    default:
      return true;
  }
}

std::optional<View> parse_as(Bytes packet, Extent extent) {
  if (packet.empty()) return std::nullopt;
  std::optional<View> view{std::in_place};
  const unsigned version = packet[0] >> 4U;
  const bool ip = version == 4 ? parse_ipv4(packet, extent, *view) : version == 6 && parse_ipv6(packet, extent, *view);
  if (!ip || !parse_transport(packet, extent, *view)) return std::nullopt;
  return view;
}

}  // namespace

std::optional<View> parse(Bytes packet) { return parse_as(packet, Extent::whole); }

std::optional<View> parse_embedded(Bytes packet) { return parse_as(packet, Extent::quoted); }

}  // namespace punchlab::packet
