// Building packets.
#include <cstring>

#include "sim/packet/checksum.hpp"
#include "sim/packet/ip_header.hpp"
#include "sim/packet/packet.hpp"
#include "sim/packet/pseudo_header.hpp"

namespace punchlab::packet {
namespace {

constexpr std::uint16_t kDontFragment = 0x4000;

void write_ipv4(std::uint8_t* p, std::uint8_t protocol, const IpAddress& source, const IpAddress& destination,
                std::uint8_t ttl, std::size_t size) {
  p[0] = 0x45;
  p[1] = 0;
  store_u16(p + 2, static_cast<std::uint16_t>(size));
  store_u16(p + 4, 0);  // identification has no meaning in an atomic datagram (RFC 6864 section 4.1)
  store_u16(p + 6, kDontFragment);
  p[8] = ttl;
  p[9] = protocol;
  store_u16(p + 10, 0);
  std::memcpy(p + 12, source.bytes().data(), 4);
  std::memcpy(p + 16, destination.bytes().data(), 4);
  store_u16(p + 10, finish(sum({p, kIpv4HeaderSize})));
}

void write_ipv6(std::uint8_t* p, std::uint8_t protocol, const IpAddress& source, const IpAddress& destination,
                std::uint8_t ttl, std::size_t payload_size) {
  store_u32(p, 0x60000000);
  store_u16(p + 4, static_cast<std::uint16_t>(payload_size));
  p[6] = protocol;
  p[7] = ttl;
  std::memcpy(p + 8, source.bytes().data(), 16);
  std::memcpy(p + 24, destination.bytes().data(), 16);
}

std::uint16_t transport_checksum(Bytes packet, Family family, std::uint8_t protocol, std::size_t header) {
  const Bytes body = packet.subspan(header);
  return finish(sum(body, pseudo_header_sum(addresses_of(packet, family), protocol, body.size())));
}

void copy(std::uint8_t* to, Bytes from) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace

std::size_t write_ip_header(MutableBytes out, std::uint8_t protocol, const IpAddress& source,
                            const IpAddress& destination, std::uint8_t ttl, std::size_t payload_size) {
  if (source.family() != destination.family()) return 0;
  const std::size_t header = source.is_v4() ? kIpv4HeaderSize : kIpv6HeaderSize;
  const std::size_t size = header + payload_size;
  if (size > out.size() || size > 0xFFFF) return 0;
  if (source.is_v4()) {
    write_ipv4(out.data(), protocol, source, destination, ttl, size);
  } else {
    write_ipv6(out.data(), protocol, source, destination, ttl, payload_size);
  }
  return header;
}

std::size_t write_udp(MutableBytes out, const TransportAddress& source, const TransportAddress& destination,
                      std::uint8_t ttl, Bytes payload) {
  const std::size_t length = kUdpHeaderSize + payload.size();
  const std::size_t header = write_ip_header(out, kUdp, source.address, destination.address, ttl, length);
  if (header == 0) return 0;
  std::uint8_t* p = &out[header];
  store_u16(p, source.port);
  store_u16(p + 2, destination.port);
  store_u16(p + 4, static_cast<std::uint16_t>(length));
  store_u16(p + 6, 0);
  copy(p + kUdpHeaderSize, payload);
  const std::uint16_t checksum = transport_checksum(out.first(header + length), source.address.family(), kUdp, header);
  store_u16(p + 6, checksum == 0 ? std::uint16_t{0xFFFF} : checksum);
  return header + length;
}

std::size_t write_tcp(MutableBytes out, const TransportAddress& source, const TransportAddress& destination,
                      std::uint8_t ttl, const TcpFields& fields, Bytes payload) {
  const std::size_t length = kTcpHeaderSize + payload.size();
  const std::size_t header = write_ip_header(out, kTcp, source.address, destination.address, ttl, length);
  if (header == 0) return 0;
  std::uint8_t* p = &out[header];
  store_u16(p, source.port);
  store_u16(p + 2, destination.port);
  store_u32(p + 4, fields.sequence);
  store_u32(p + 8, fields.acknowledgment);
  p[12] = 0x50;
  p[13] = fields.flags;
  store_u16(p + 14, fields.window);
  store_u32(p + 16, 0);
  copy(p + kTcpHeaderSize, payload);
  store_u16(p + 16, transport_checksum(out.first(header + length), source.address.family(), kTcp, header));
  return header + length;
}

std::size_t write_reset(MutableBytes out, Bytes packet, const View& view) {
  if (view.protocol != kTcp || view.fragment) return 0;
  const TcpFields in = tcp_fields(packet, view);
  if ((in.flags & kRst) != 0) return 0;
  TcpFields reset;
  reset.window = 0;
  if ((in.flags & kAck) != 0) {
    reset.flags = kRst;
    reset.sequence = in.acknowledgment;
  } else {
    const std::uint32_t control = ((in.flags & kSyn) != 0 ? 1U : 0U) + ((in.flags & kFin) != 0 ? 1U : 0U);
    reset.flags = kRst | kAck;
    reset.acknowledgment = in.sequence + static_cast<std::uint32_t>(view.payload_size) + control;
  }
  return write_tcp(out, view.destination, view.source, kDefaultTtl, reset, {});
}

TcpFields tcp_fields(Bytes packet, const View& view) {
  const std::uint8_t* p = &packet[view.transport];
  return {load_u32(p + 4), load_u32(p + 8), p[13], load_u16(p + 14)};
}

}  // namespace punchlab::packet
