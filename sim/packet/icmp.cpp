#include "sim/packet/icmp.hpp"

#include <algorithm>
#include <cstring>

#include "sim/packet/checksum.hpp"
#include "sim/packet/ip_header.hpp"
#include "sim/packet/pseudo_header.hpp"

namespace punchlab::packet {
namespace {

struct TypeCode {
  std::uint8_t type;
  std::uint8_t code;
};

TypeCode type_code(IcmpError error, Family family) {
  const bool v4 = family == Family::ipv4;
  switch (error) {
    case IcmpError::ttl_expired:
      return v4 ? TypeCode{11, 0} : TypeCode{3, 0};
    case IcmpError::no_route:
      return v4 ? TypeCode{3, 0} : TypeCode{1, 0};
    case IcmpError::address_unreachable:
      return v4 ? TypeCode{3, 1} : TypeCode{1, 3};
    case IcmpError::port_unreachable:
      return v4 ? TypeCode{3, 3} : TypeCode{1, 4};
    case IcmpError::prohibited:
      return v4 ? TypeCode{3, 13} : TypeCode{1, 1};
  }
  return {3, 0};
}

bool is_icmp(const View& view) { return view.protocol == kIcmp || view.protocol == kIcmp6; }

/// Writes an ICMP header with `body` behind it and returns the size of the packet.
std::size_t write_icmp(MutableBytes out, TypeCode kind, std::uint32_t rest, const IpAddress& source,
                       const IpAddress& destination, std::uint8_t ttl, Bytes body) {
  const std::uint8_t protocol = source.is_v4() ? kIcmp : kIcmp6;
  const std::size_t length = kIcmpHeaderSize + body.size();
  const std::size_t header = write_ip_header(out, protocol, source, destination, ttl, length);
  if (header == 0) return 0;
  std::uint8_t* p = &out[header];
  p[0] = kind.type;
  p[1] = kind.code;
  store_u32(p + 4, rest);
  if (!body.empty()) std::memcpy(p + kIcmpHeaderSize, body.data(), body.size());
  View view;
  view.family = source.family();
  view.protocol = protocol;
  view.transport = header;
  view.size = header + length;
  refresh_icmp_checksum(out, view);
  return view.size;
}

}  // namespace

std::size_t write_icmp_error(MutableBytes out, IcmpError error, const IpAddress& from, Bytes offending,
                             std::uint8_t ttl) {
  const auto view = parse(offending);
  if (!view || (is_icmp(*view) && !view->fragment && icmp_kind(offending, *view) == IcmpKind::error)) return 0;
  const std::size_t header = (from.is_v4() ? kIpv4HeaderSize : kIpv6HeaderSize) + kIcmpHeaderSize;
  const std::size_t quoted = std::min({offending.size(), view->size, kLargestIcmpError - header});
  return write_icmp(out, type_code(error, from.family()), 0, from, view->source.address, ttl, offending.first(quoted));
}

std::size_t write_echo(MutableBytes out, bool request, const IpAddress& source, const IpAddress& destination,
                       std::uint8_t ttl, std::uint16_t identifier, std::uint16_t sequence, Bytes payload) {
  const std::uint8_t type = source.is_v4() ? (request ? 8 : 0) : (request ? 128 : 129);
  const std::uint32_t rest = (std::uint32_t{identifier} << 16) | sequence;
  return write_icmp(out, {type, 0}, rest, source, destination, ttl, payload);
}

IcmpKind icmp_kind(Bytes packet, const View& view) {
  const std::uint8_t type = packet[view.transport];
  if (view.protocol == kIcmp6) {
    if (type < 128) return IcmpKind::error;
    return type == 128 ? IcmpKind::echo_request : type == 129 ? IcmpKind::echo_reply : IcmpKind::other;
  }
  if (type == 8) return IcmpKind::echo_request;
  if (type == 0) return IcmpKind::echo_reply;
  return type == 3 || type == 4 || type == 11 || type == 12 ? IcmpKind::error : IcmpKind::other;
}

std::optional<View> embedded(Bytes packet, const View& view) { return parse_embedded(view.payload_of(packet)); }

std::uint16_t echo_identifier(Bytes packet, const View& view) { return load_u16(&packet[view.transport + 4]); }

void refresh_icmp_checksum(MutableBytes packet, const View& view) {
  const MutableBytes body = packet.subspan(view.transport, view.size - view.transport);
  store_u16(&body[2], 0);
  const std::uint64_t pseudo =
      view.protocol == kIcmp6 ? pseudo_header_sum(addresses_of(packet, view.family), kIcmp6, body.size()) : 0;
  store_u16(&body[2], finish(sum(body, pseudo)));
}

}  // namespace punchlab::packet
