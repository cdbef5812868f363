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

/// What one pass over the headers gathers; the addresses are read once at the end, straight into the View.
struct Headers {
  Family family = Family::ipv4;
  std::uint8_t protocol = 0;
  std::uint8_t ttl = 0;
  bool fragment = false;
  std::size_t transport = 0;
  std::size_t size = 0;
  std::size_t payload = 0;
  std::size_t payload_size = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

bool size_fits(std::size_t declared, std::size_t header, std::size_t available, Extent extent) {
  return declared >= header && (extent == Extent::quoted || declared <= available);
}

bool parse_ipv4(Bytes packet, Extent extent, Headers& h) {
  if (packet.size() < kIpv4HeaderSize) return false;
  const std::size_t header = std::size_t{packet[0] & 0x0FU} * 4;
  const std::size_t declared = load_u16(&packet[2]);
  if (header < kIpv4HeaderSize || header > packet.size() || !size_fits(declared, header, packet.size(), extent))
    return false;
  h.family = Family::ipv4;
  h.ttl = packet[8];
  h.protocol = packet[9];
  h.fragment = (load_u16(&packet[6]) & 0x3FFF) != 0;  // MF or an offset
  h.transport = header;
  h.size = declared;
  return true;
}

/// Moves past the extension headers that a gateway must look behind (RFC 8200 section 4); each is at least 8 bytes, so
/// the loop ends.
bool skip_extensions(Bytes packet, std::size_t end, Headers& h) {
  for (;;) {
    const bool fragment = h.protocol == kFragment;
    if (!fragment && h.protocol != kHopByHop && h.protocol != kRouting && h.protocol != kDestinationOptions)
      return true;
    if (h.transport + 8 > end) return false;
    const std::uint8_t* p = &packet[h.transport];
    if (fragment && (load_u16(p + 2) & 0xFFF9) != 0) h.fragment = true;
    h.transport += fragment ? 8 : 8 + std::size_t{p[1]} * 8;
    h.protocol = p[0];
    if (h.transport > end) return false;
    if (h.fragment) return true;
  }
}

bool parse_ipv6(Bytes packet, Extent extent, Headers& h) {
  if (packet.size() < kIpv6HeaderSize) return false;
  const std::size_t declared = kIpv6HeaderSize + load_u16(&packet[4]);
  if (!size_fits(declared, kIpv6HeaderSize, packet.size(), extent)) return false;
  h.family = Family::ipv6;
  h.protocol = packet[6];
  h.ttl = packet[7];
  h.transport = kIpv6HeaderSize;
  h.size = declared;
  return skip_extensions(packet, std::min(declared, packet.size()), h);
}

void take_ports(Bytes packet, Headers& h) {
  h.source_port = load_u16(&packet[h.transport]);
  h.destination_port = load_u16(&packet[h.transport + 2]);
}

bool parse_udp(Bytes packet, std::size_t end, Extent extent, Headers& h) {
  if (h.transport + kUdpHeaderSize > end) return false;
  const std::size_t length = load_u16(&packet[h.transport + 4]);
  if (length < kUdpHeaderSize || (extent == Extent::whole && h.transport + length > end)) return false;
  take_ports(packet, h);
  h.payload = h.transport + kUdpHeaderSize;
  h.payload_size = std::min(length - kUdpHeaderSize, end - h.payload);
  return true;
}

bool parse_tcp(Bytes packet, std::size_t end, Extent extent, Headers& h) {
  if (h.transport + (extent == Extent::quoted ? 8 : kTcpHeaderSize) > end) return false;
  take_ports(packet, h);
  if (extent == Extent::quoted) {
    h.payload = end;
    return true;
  }
  const std::size_t header = (std::size_t{packet[h.transport + 12]} >> 4U) * 4;
  if (header < kTcpHeaderSize || h.transport + header > end) return false;
  h.payload = h.transport + header;
  h.payload_size = end - h.payload;
  return true;
}

bool parse_icmp(std::size_t end, Headers& h) {
  if (h.transport + kIcmpHeaderSize > end) return false;
  h.payload = h.transport + kIcmpHeaderSize;
  h.payload_size = end - h.payload;
  return true;
}

bool parse_transport(Bytes packet, Extent extent, Headers& h) {
  const std::size_t end = std::min(h.size, packet.size());
  h.payload = end;
  if (h.fragment) return true;
  switch (h.protocol) {
    case kUdp:
      return parse_udp(packet, end, extent, h);
    case kTcp:
      return parse_tcp(packet, end, extent, h);
    case kIcmp:
    case kIcmp6:
      return parse_icmp(end, h);
    default:
      return true;
  }
}

IpAddress address_at(Bytes packet, Family family, bool destination) {
  if (family == Family::ipv4) return IpAddress::v4(load_u32(&packet[destination ? 16 : 12]));
  return *IpAddress::from_bytes(packet.subspan(destination ? 24 : 8, 16));
}

/// Makes a View where it is to lie, every field once. Every hop of every packet makes one, and a copy of words that
/// were just written has to wait for them.
struct InPlace {
  Bytes packet;
  const Headers& h;

  operator View() const {
    return {.family = h.family,
            .protocol = h.protocol,
            .ttl = h.ttl,
            .fragment = h.fragment,
            .transport = h.transport,
            .size = h.size,
            .source = {address_at(packet, h.family, false), h.source_port},
            .destination = {address_at(packet, h.family, true), h.destination_port},
            .payload = h.payload,
            .payload_size = h.payload_size};
  }
};

std::optional<View> parse_as(Bytes packet, Extent extent) {
  if (packet.empty()) return std::nullopt;
  Headers h;
  const unsigned version = packet[0] >> 4U;
  const bool ip = version == 4 ? parse_ipv4(packet, extent, h) : version == 6 && parse_ipv6(packet, extent, h);
  if (!ip || !parse_transport(packet, extent, h)) return std::nullopt;
  return std::optional<View>(std::in_place, InPlace{packet, h});
}

}  // namespace

std::optional<View> parse(Bytes packet) { return parse_as(packet, Extent::whole); }

std::optional<View> parse_embedded(Bytes packet) { return parse_as(packet, Extent::quoted); }

}  // namespace punchlab::packet
