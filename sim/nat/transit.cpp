// UDP and TCP through the gateway: outbound, inbound and hairpinned (RFC 4787 sections 4 to 6, RFC 5382 sections 4 and
// 5).
#include "sim/nat/gateway.hpp"
#include "sim/nat/timing.hpp"

namespace punchlab::nat {

std::uint8_t Gateway::tcp_flags(const Transit& t) const {
  return t.view.protocol == packet::kTcp ? packet::tcp_fields(t.packet, t.view).flags : std::uint8_t{0};
}

Verdict Gateway::outbound(const Transit& t) {
  const bool turns_back = translates(t.view) && owns(t.view.destination.address);
  if (turns_back && profile_.hairpinning == Hairpinning::none) return {Action::drop, Reason::no_hairpin, 0};
  const bool reset = (tcp_flags(t) & packet::kRst) != 0;
  if (reset && table_.find_inside(t.now, t.view.protocol, t.view.source, t.view.destination) == nullptr) {
    return {Action::drop, Reason::no_mapping, 0};  // a RST opens nothing
  }
  const Flow flow = leave(t.now, t.view.protocol, t.view.source, t.view.destination);
  if (flow.mapping == nullptr) return {Action::drop, flow.reason, 0};
  if (t.view.protocol == packet::kTcp) follow(flow.session->tcp, tcp_flags(t), From::inside);
  touch(profile_, table_, *flow.mapping, flow.session, From::inside, t.now);
  if (!turns_back && translates(t.view)) packet::set_source(t.packet, t.view, flow.mapping->external);
  auto verdict = turns_back ? hairpin(t, flow) : forwarded(t.view, flow.reason);
  verdict.outside = flow.mapping->external;
  return verdict;
}

Verdict Gateway::hairpin(const Transit& t, const Flow& sender) {
  const TransportAddress source = sender.mapping->external;
  const Admission in = let_in(t, source);
  if (in.mapping == nullptr) return unsolicited(t, in.reason);
  if (profile_.hairpinning == Hairpinning::external_source) packet::set_source(t.packet, t.view, source);
  packet::set_destination(t.packet, t.view, in.mapping->internal);
  return forwarded(t.view, sender.reason, Action::hairpin);
}

Verdict Gateway::inbound(const Transit& t) {
  if (translates(t.view) && !owns(t.view.destination.address)) return {Action::drop, Reason::no_mapping, 0};
  // What connection tracking took for its own traffic stays so, even when the filter would pass it by now.
  if (profile_.unsolicited_creates_state &&
      unsolicited_.occupied(t.now, t.view.protocol, t.view.destination, t.view.source)) {
    const auto by_now = admit(profile_, table_, t.now, t.view.protocol, t.view.destination, t.view.source);
    return unsolicited(t, by_now.mapping == nullptr ? by_now.reason : Reason::filtered_by_port);
  }
  const Admission in = let_in(t, t.view.source);
  if (in.mapping == nullptr) return unsolicited(t, in.reason);
  if (translates(t.view)) packet::set_destination(t.packet, t.view, in.mapping->internal);
  return forwarded(t.view, Reason::translated);
}

/// Admits a packet for the view's destination that outside has `source`, and keeps state of it.
Admission Gateway::let_in(const Transit& t, const TransportAddress& source) {
  Admission in = admit(profile_, table_, t.now, t.view.protocol, t.view.destination, source);
  if (in.mapping != nullptr && t.view.protocol == packet::kTcp) let_in_segment(t, source, in);
  if (in.mapping != nullptr) touch(profile_, table_, *in.mapping, in.session, From::outside, t.now);
  return in;
}

/// Of another remote's connection only the first segment may come in and open it (RFC 5382 REQ-3).
void Gateway::let_in_segment(const Transit& t, const TransportAddress& source, Admission& in) {
  const std::uint8_t flags = tcp_flags(t);
  if (in.session == nullptr || in.session->remote != source) {
    const bool opens = (flags & (packet::kSyn | packet::kAck | packet::kRst)) == packet::kSyn;
    in.session = opens ? table_.add_session(t.now, *in.mapping, source) : nullptr;
    if (in.session == nullptr) {
      in = {nullptr, nullptr, opens ? Reason::too_many_mappings : Reason::filtered_by_port};
      return;
    }
  }
  follow(in.session->tcp, flags, From::outside);
}

Verdict Gateway::unsolicited(const Transit& t, Reason reason) {
  Verdict verdict{Action::drop, reason, 0};
  if (profile_.unsolicited_creates_state && t.from == From::outside && translates(t.view)) {
    const Duration life =
        t.view.protocol == packet::kTcp ? profile_.timers.tcp_transitory : profile_.timers.udp_unreplied;
    unsolicited_.remember(t.now, t.view.protocol, t.view.destination, t.view.source, t.now + life);
  }
  if (profile_.unsolicited == Unsolicited::reset) {
    verdict.reply_size = packet::write_reset(t.reply, t.packet, t.view);
  } else if (profile_.unsolicited == Unsolicited::icmp) {
    const auto error =
        reason == Reason::no_mapping ? packet::IcmpError::port_unreachable : packet::IcmpError::prohibited;
    const IpAddress& speaker = t.view.family == Family::ipv4 ? external4_ : external6_;
    const IpAddress& from = owns(t.view.destination.address) ? t.view.destination.address : speaker;
    if (!from.is_unspecified()) verdict.reply_size = packet::write_icmp_error(t.reply, error, from, t.packet);
  }
  return verdict;
}

}  // namespace punchlab::nat
