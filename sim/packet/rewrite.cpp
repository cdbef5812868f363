// Changing packets in place, and checking what is in them.
#include <cstring>

#include "sim/packet/checksum.hpp"
#include "sim/packet/packet.hpp"
#include "sim/packet/pseudo_header.hpp"

namespace punchlab::packet {
namespace {

std::size_t source_at(const View& view) { return view.family == Family::ipv4 ? 12 : 8; }
std::size_t destination_at(const View& view) { return view.family == Family::ipv4 ? 16 : 24; }
bool is_icmp(const View& view) { return view.protocol == kIcmp || view.protocol == kIcmp6; }

/// Replaces one address, mends the IP header's checksum and returns what changed.
Delta set_address(MutableBytes packet, const View& view, std::size_t at, const IpAddress& address) {
  const Bytes bytes = address.bytes();
  Delta delta;
  delta.replace(packet.subspan(at, bytes.size()), bytes);
  std::memcpy(&packet[at], bytes.data(), bytes.size());
  if (view.family == Family::ipv4) store_u16(&packet[10], delta.apply(load_u16(&packet[10])));
  return delta;
}

/// Where the transport checksum stands within its header.
std::size_t checksum_offset(std::uint8_t protocol) { return protocol == kUdp ? 6 : protocol == kTcp ? 16 : 2; }

/// Replaces one address and the port at `port_at` and mends the checksums over them.
void set_endpoint(MutableBytes packet, const View& view, std::size_t address_at, std::size_t port_at,
                  const TransportAddress& value) {
  const Delta address = set_address(packet, view, address_at, value.address);
  Delta transport = view.protocol == kIcmp ? Delta{} : address;  // ICMP for IPv4 covers no pseudo-header
  transport.replace(load_u16(&packet[port_at]), value.port);
  store_u16(&packet[port_at], value.port);
  const std::size_t at = view.transport + checksum_offset(view.protocol);
  if (at + 2 > packet.size()) return;
  const std::uint16_t before = load_u16(&packet[at]);
  store_u16(&packet[at], view.protocol == kUdp ? transport.apply_udp(before) : transport.apply(before));
}

bool transport_checksum_valid(Bytes packet, const View& view) {
  const Bytes body = packet.subspan(view.transport, view.payload + view.payload_size - view.transport);
  const bool ipv4 = view.family == Family::ipv4;
  if (view.protocol == kUdp && load_u16(&body[6]) == 0) return ipv4;
  if (view.protocol == kIcmp) return finish(sum(body)) == 0;
  if (view.protocol != kUdp && view.protocol != kTcp && view.protocol != kIcmp6) return true;
  return finish(sum(body, pseudo_header_sum(addresses_of(packet, view.family), view.protocol, body.size()))) == 0;
}

}  // namespace

bool checksums_valid(Bytes packet) {
  const auto view = parse(packet);
  if (!view) return false;
  if (view->family == Family::ipv4 && finish(sum(packet.first((packet[0] & 0x0FU) * std::size_t{4}))) != 0)
    return false;
  return view->fragment || transport_checksum_valid(packet.first(view->size), *view);
}

bool decrement_ttl(MutableBytes packet) {
  if (packet.size() < kIpv4HeaderSize) return false;
  const bool ipv4 = packet[0] >> 4U == 4;
  if (!ipv4 && packet.size() < kIpv6HeaderSize) return false;
  std::uint8_t& ttl = packet[ipv4 ? 8 : 7];
  if (ttl <= 1) return false;
  if (ipv4) {
    Delta delta;
    const std::uint16_t before = load_u16(&packet[8]);
    delta.replace(before, static_cast<std::uint16_t>(before - 0x0100));
    store_u16(&packet[10], delta.apply(load_u16(&packet[10])));
  }
  --ttl;
  return true;
}

void set_source(MutableBytes packet, const View& view, const TransportAddress& source) {
  set_endpoint(packet, view, source_at(view), view.transport + (is_icmp(view) ? 4 : 0), source);
}

void set_destination(MutableBytes packet, const View& view, const TransportAddress& destination) {
  set_endpoint(packet, view, destination_at(view), view.transport + (is_icmp(view) ? 4 : 2), destination);
}

void set_source_address(MutableBytes packet, const View& view, const IpAddress& source) {
  set_address(packet, view, source_at(view), source);
}

void set_destination_address(MutableBytes packet, const View& view, const IpAddress& destination) {
  set_address(packet, view, destination_at(view), destination);
}

}  // namespace punchlab::packet
