// Building packets.
#include <cstring>

#include "sim/packet/checksum.hpp"
#include "sim/packet/ip_header.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::packet {
namespace {

constexpr std::uint16_t kDontFragment = 0x4000;

/// Checksums here are made from the values, not from the bytes: reading words back that were just written in parts is
/// slow.
std::uint64_t sum_of(const IpAddress& address) { return address.is_v4() ? address.v4_value() : sum(address.bytes()); }

std::uint64_t sum_of(std::uint8_t high, std::uint8_t low) { return std::uint64_t{high} << 8 | low; }

void write_ipv4(std::uint8_t* p, std::uint8_t protocol, const IpAddress& source, const IpAddress& destination,
                std::uint8_t ttl, std::size_t size) {
  p[0] = 0x45;
  p[1] = 0;
  store_u16(p + 2, static_cast<std::uint16_t>(size));
  store_u16(p + 4, 0);  // identification has no meaning in an atomic datagram (RFC 6864 section 4.1)
  store_u16(p + 6, kDontFragment);
  p[8] = ttl;
  p[9] = protocol;
  store_u16(p + 10, finish(sum_of(0x45, 0) + size + kDontFragment + sum_of(ttl, protocol) + sum_of(source) +
                           sum_of(destination)));
  std::memcpy(p + 12, source.bytes().data(), 4);
  std::memcpy(p + 16, destination.bytes().data(), 4);
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

/// Of a transport header with the ports of `source` and `destination` and otherwise `fields` as their sum, before
/// `payload`; `length` counts both.
std::uint16_t transport_checksum(const TransportAddress& source, const TransportAddress& destination,
                                 std::uint8_t protocol, std::size_t length, std::uint64_t fields, Bytes payload) {
  const auto pseudo_header = sum_of(source.address) + sum_of(destination.address) + protocol + length;
  return finish(sum(payload, pseudo_header + source.port + destination.port + fields));
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
  const std::uint16_t checksum = transport_checksum(source, destination, kUdp, length, length, payload);
  store_u16(p + 6, checksum == 0 ? std::uint16_t{0xFFFF} : checksum);
  copy(p + kUdpHeaderSize, payload);
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
  const auto sum = std::uint64_t{fields.sequence} + fields.acknowledgment + sum_of(p[12], p[13]) + fields.window;
  store_u16(p + 16, transport_checksum(source, destination, kTcp, length, sum, payload));
  store_u16(p + 18, 0);  // urgent pointer
  copy(p + kTcpHeaderSize, payload);
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
