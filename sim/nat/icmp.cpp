// ICMP through the gateway (RFC 5508): echo by query identifier, and errors with the packet they quote, both ways.
#include "sim/packet/icmp.hpp"

#include "sim/nat/gateway.hpp"
#include "sim/nat/timing.hpp"
#include "sim/packet/checksum.hpp"

namespace punchlab::nat {

std::optional<Gateway::Quoted> Gateway::quoted_by(MutableBytes packet, const packet::View& outer) {
  const MutableBytes bytes = packet.subspan(outer.payload, outer.payload_size);
  const auto view = packet::parse_embedded(bytes);
  if (!view || view->fragment || view->family != outer.family) return std::nullopt;
  const bool ipv4 = view->family == Family::ipv4;
  if (ipv4 && packet::finish(packet::sum(bytes.first((bytes[0] & 0x0FU) * std::size_t{4}))) != 0) return std::nullopt;
  Quoted q{*view, bytes, view->source, view->destination};
  if (view->protocol == packet::kUdp || view->protocol == packet::kTcp) return q;
  if (view->protocol != (ipv4 ? packet::kIcmp : packet::kIcmp6)) return std::nullopt;
  const auto kind = packet::icmp_kind(bytes, *view);
  if (kind != packet::IcmpKind::echo_request && kind != packet::IcmpKind::echo_reply) return std::nullopt;
  (kind == packet::IcmpKind::echo_request ? q.source : q.destination).port = packet::echo_identifier(bytes, *view);
  return q;
}

Verdict Gateway::icmp(const Transit& t) {
  if ((t.view.protocol == packet::kIcmp6) != (t.view.family == Family::ipv6))
    return {Action::drop, Reason::unsupported, 0};
  switch (packet::icmp_kind(t.packet, t.view)) {
    case packet::IcmpKind::error:
      return error(t);
    case packet::IcmpKind::echo_request:
      return t.from == From::inside ? query_out(t) : Verdict{Action::drop, Reason::no_mapping, 0};
    case packet::IcmpKind::echo_reply:
      return t.from == From::outside ? reply_in(t) : Verdict{Action::drop, Reason::icmp_unmatched, 0};
    case packet::IcmpKind::other:
      break;
  }
  return {Action::drop, Reason::unsupported, 0};
}

Verdict Gateway::query_out(const Transit& t) {
  if (translates(t.view) && owns(t.view.destination.address)) return {Action::local, Reason::passed_through, 0};
  const TransportAddress internal{t.view.source.address, packet::echo_identifier(t.packet, t.view)};
  const Flow flow = leave(t.now, t.view.protocol, internal, {t.view.destination.address, 0});
  if (flow.mapping == nullptr) return {Action::drop, flow.reason, 0};
  touch(profile_, table_, *flow.mapping, flow.session, From::inside, t.now);
  if (translates(t.view)) packet::set_source(t.packet, t.view, flow.mapping->external);
  return forwarded(t.view, flow.reason);
}

Verdict Gateway::reply_in(const Transit& t) {
  const TransportAddress external{t.view.destination.address, packet::echo_identifier(t.packet, t.view)};
  const Admission in = admit(profile_, table_, t.now, t.view.protocol, external, {t.view.source.address, 0});
  if (in.mapping == nullptr) return {Action::drop, in.reason, 0};
  touch(profile_, table_, *in.mapping, in.session, From::outside, t.now);
  if (translates(t.view)) packet::set_destination(t.packet, t.view, in.mapping->internal);
  return forwarded(t.view, Reason::translated);
}

/// Neither refreshes nor ends a mapping (RFC 5508 REQ-3 to REQ-6); a wrong checksum ends here, because it would be
/// mended otherwise.
Verdict Gateway::error(const Transit& t) {
  const Verdict unmatched{Action::drop, Reason::icmp_unmatched, 0};
  if (!packet::checksums_valid(t.packet)) return {Action::drop, Reason::malformed, 0};
  const auto q = quoted_by(t.packet, t.view);
  if (!q) return unmatched;
  if (t.from == From::outside) {
    const auto* receiver = quoted_sender(t, *q, q->destination);
    if (receiver == nullptr) return unmatched;
    if (translates(t.view)) error_in(t, *q, *receiver);
    return forwarded(t.view, Reason::translated);
  }
  const auto* sender = table_.find_inside(t.now, q->view.protocol, q->destination, q->source);
  if (sender == nullptr) return unmatched;
  if (!translates(t.view)) return forwarded(t.view, Reason::translated);
  const bool turns_back = owns(t.view.destination.address);
  const auto* receiver = turns_back ? quoted_sender(t, *q, sender->external) : nullptr;
  if (turns_back && receiver == nullptr) return unmatched;
  error_out(t, *q, *sender);
  if (!turns_back) return forwarded(t.view, Reason::translated);
  error_in(t, *q, *receiver);
  return forwarded(t.view, Reason::translated, Action::hairpin);
}

/// The mapping from which the quoted packet went out, to what is `destination` outside.
const MappingEntry* Gateway::quoted_sender(const Transit& t, const Quoted& q, const TransportAddress& destination) {
  if (q.source.address != t.view.destination.address) return nullptr;
  const MappingEntry* mapping = nullptr;
  table_.any_outside(t.now, q.view.protocol, q.source, [&](MappingEntry& m) {
    if (table_.find_session(t.now, m, destination) != nullptr) mapping = &m;
    return mapping != nullptr;
  });
  return mapping;
}

/// An internal host's error about a packet that came in: the quoted destination becomes the external endpoint again,
/// and the error seems to come from there (RFC 5508 REQ-5).
void Gateway::error_out(const Transit& t, const Quoted& q, const MappingEntry& mapping) {
  packet::set_destination(q.bytes, q.view, mapping.external);
  packet::set_source_address(t.packet, t.view, mapping.external.address);
  packet::refresh_icmp_checksum(t.packet, t.view);
}

/// An error about a packet that went out: the quoted source becomes the internal endpoint again (RFC 5508 REQ-4).
void Gateway::error_in(const Transit& t, const Quoted& q, const MappingEntry& mapping) {
  packet::set_source(q.bytes, q.view, mapping.internal);
  packet::set_destination_address(t.packet, t.view, mapping.internal.address);
  packet::refresh_icmp_checksum(t.packet, t.view);
}

}  // namespace punchlab::nat
