#include "sim/explain/likeness.hpp"

#include "sim/packet/icmp.hpp"

namespace punchlab::explain {
namespace {

constexpr std::size_t kTcpSequence = 4;   ///< offset in the TCP header (RFC 9293 section 3.1), behind the ports
constexpr std::size_t kTcpChecksum = 16;  ///< with the urgent pointer behind it
constexpr std::size_t kIcmpTypeAndCode = 2;
constexpr std::size_t kEchoSequence = 6;

void append(std::vector<std::uint8_t>& out, Bytes packet, std::size_t from, std::size_t to) {
  to = std::min(to, packet.size());
  if (from < to)
    out.insert(out.end(), packet.begin() + static_cast<std::ptrdiff_t>(from),
               packet.begin() + static_cast<std::ptrdiff_t>(to));
}

/// Of a packet that an error may quote, perhaps in part.
void append_transport(std::vector<std::uint8_t>& out, Bytes packet, const packet::View& view) {
  out.push_back(view.protocol);
  if (view.protocol == packet::kUdp) return append(out, packet, view.transport + packet::kUdpHeaderSize, view.size);
  if (view.protocol != packet::kTcp) return;
  append(out, packet, view.transport + kTcpSequence, view.transport + kTcpChecksum);
  append(out, packet, view.transport + packet::kTcpHeaderSize, view.size);
}

bool is_icmp(const packet::View& view) { return view.protocol == packet::kIcmp || view.protocol == packet::kIcmp6; }

std::optional<packet::View> quoted_by(Bytes packet, const packet::View& view) {
  if (!is_icmp(view) || view.fragment || packet::icmp_kind(packet, view) != packet::IcmpKind::error)
    return std::nullopt;
  return packet::embedded(packet, view);
}

}  // namespace

std::vector<std::uint8_t> lasting_part(Bytes packet, const packet::View& view) {
  std::vector<std::uint8_t> out;
  append_transport(out, packet, view);
  if (!is_icmp(view)) return out;
  append(out, packet, view.transport, view.transport + kIcmpTypeAndCode);
  if (const auto quoted = quoted_by(packet, view))
    append_transport(out, packet.subspan(view.payload), *quoted);
  else
    append(out, packet, view.transport + kEchoSequence, view.size);
  return out;
}

Ends ends_of(Bytes packet, const packet::View& view) {
  if (const auto quoted = quoted_by(packet, view)) return {quoted->destination, quoted->source};
  return {view.source, view.destination};
}

}  // namespace punchlab::explain
