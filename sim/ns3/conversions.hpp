#pragma once
// Between ns-3's values and ours.
#include <array>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"
#include "sim/ns3/ns3.hpp"
#include "sim/packet/ip_header.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::sim_ns3 {

/// Room for one whole IP packet.
using PacketBuffer = std::array<std::uint8_t, 2048>;

inline ns3::Ipv4Address to_ns3(const IpAddress& address) { return ns3::Ipv4Address{address.v4_value()}; }
inline IpAddress from_ns3(ns3::Ipv4Address address) { return IpAddress::v4(address.Get()); }
inline ns3::Time to_ns3(Duration duration) { return ns3::Time{static_cast<std::int64_t>(duration.count())}; }

/// The whole IP packet as bytes. Headers on our networks carry no options, no identification and "don't fragment".
inline MutableBytes assemble(const ns3::Ipv4Header& header, const ns3::Packet& payload, PacketBuffer& buffer) {
  const std::size_t size = payload.GetSize();
  const auto start = packet::write_ip_header(buffer, header.GetProtocol(), from_ns3(header.GetSource()),
                                             from_ns3(header.GetDestination()), header.GetTtl(), size);
  if (start == 0) return {};
  payload.CopyData(&buffer[start], static_cast<std::uint32_t>(size));
  // ns-3 always computes the UDP checksum and leaves a computed zero as it is, which a gateway would take for "none";
  // RFC 768 sends 0xFFFF.
  const bool zero =
      header.GetProtocol() == packet::kUdp && size >= packet::kUdpHeaderSize && load_u16(&buffer[start + 6]) == 0;
  if (zero) store_u16(&buffer[start + 6], 0xFFFF);
  return MutableBytes{buffer}.first(start + size);
}

/// The header of a whole IPv4 packet without options.
inline ns3::Ipv4Header header_of(Bytes packet) {
  ns3::Ipv4Header header;
  header.SetSource(ns3::Ipv4Address{load_u32(&packet[12])});
  header.SetDestination(ns3::Ipv4Address{load_u32(&packet[16])});
  header.SetProtocol(packet[9]);
  header.SetTtl(packet[8]);
  header.SetPayloadSize(static_cast<std::uint16_t>(packet.size() - packet::kIpv4HeaderSize));
  header.SetDontFragment();
  header.SetIdentification(0);
  return header;
}

/// What follows the header of a whole IPv4 packet without options.
inline ns3::Ptr<ns3::Packet> payload_of(Bytes packet) {
  return ns3::Create<ns3::Packet>(&packet[packet::kIpv4HeaderSize],
                                  static_cast<std::uint32_t>(packet.size() - packet::kIpv4HeaderSize));
}

}  // namespace punchlab::sim_ns3
