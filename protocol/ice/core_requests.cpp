// Received Binding requests (RFC 8445 section 7.3).
#include "protocol/ice/core.hpp"
#include "protocol/stun/short_term.hpp"

namespace punchlab::ice {

using stun::Attribute;

Verdict Core::handle_stun(Time now, BaseId base, const TransportAddress& source, const stun::MessageView& message) {
  const auto verdict = judge(now, base, source, message);
  ++counters_.verdicts[static_cast<std::size_t>(verdict)];
  return verdict;
}

Verdict Core::judge(Time now, BaseId base, const TransportAddress& source, const stun::MessageView& message) {
  if (message.method() != stun::Method::binding) return Verdict::not_binding;
  const auto* local = local_.find(base);
  if (local == nullptr) return Verdict::unknown_base;
  switch (message.message_class()) {
    case stun::Class::request:
      return handle_request(now, *local, source, message);
    case stun::Class::indication:
      return Verdict::keepalive;
    default:
      return handle_response(now, base, source, message);
  }
}

// Order of checks as in RFC 8489 sections 9.1.3 and 6.3.1, then ICE's own.
std::optional<Verdict> Core::refuse(SendResponse& response, const stun::MessageView& request) {
  const auto refused = [&](std::uint16_t code, bool authenticated, Verdict verdict) {
    response.code = code;
    response.authenticated = authenticated;
    return verdict;
  };
  switch (stun::check_short_term(request, ufrag_of(local_credentials_), local_key_)) {
    case stun::ShortTermResult::incomplete:
      return refused(400, false, Verdict::malformed);
    case stun::ShortTermResult::unauthenticated:
      return refused(401, false, Verdict::unauthenticated);
    case stun::ShortTermResult::valid:
      break;
  }
  const auto unknown = unknown_attributes(request, response.unknown);
  response.unknown_count = static_cast<std::uint8_t>(std::min(unknown, response.unknown.size()));
  if (unknown != 0) return refused(420, true, Verdict::unknown_attribute);
  if (!request.u32(Attribute::priority)) return refused(400, true, Verdict::malformed);
  if (!resolve_conflict(request)) return refused(487, true, Verdict::role_conflict);
  return std::nullopt;
}

// RFC 8445 section 7.3.1.1: the larger tie-breaker controls. False: the peer has to switch, answer 487.
bool Core::resolve_conflict(const stun::MessageView& request) {
  const auto same = role_ == Role::controlling ? Attribute::ice_controlling : Attribute::ice_controlled;
  const auto theirs = request.u64(same);
  if (!theirs) return true;
  const bool we_control = tie_breaker_ >= *theirs;
  if (we_control == (role_ == Role::controlling)) return false;
  switch_role(opposite(role_));
  return true;
}

// A peer that nominates whichever pair is valid first, or last, would stay on a relayed one. Its request comes again,
// as after a loss (docs/ice.md).
bool Core::relayed_too_early(Time now, const LocalBase& base, const TransportAddress& source) const {
  if (role_ != Role::controlled) return false;
  if (policy_->relayed_check_delay == Duration{0} || first_check_ == kNever || now >= relayed_due()) return false;
  const auto hopes = [&](const Pair& p) { return (p.valid || p.unconcluded()) && direct(p); };
  return (base.relayed || remote_.is_relayed(source)) && std::ranges::any_of(checklist_.pairs(), hopes);
}

Verdict Core::handle_request(Time now, const LocalBase& base, const TransportAddress& source,
                             const stun::MessageView& request) {
  SendResponse response{.base = base.id, .destination = source, .id = request.transaction_id()};
  const auto refusal = refuse(response, request);
  if (!refusal && relayed_too_early(now, base, source)) return Verdict::too_early;
  if (!outbox_.push(response)) return Verdict::overload;
  if (refusal) return *refusal;
  Pair* pair = pair_of(now, base, source, *request.u32(Attribute::priority));
  if (pair == nullptr) return Verdict::check_answered;
  if (role_ == Role::controlled && request.has(Attribute::use_candidate)) {
    pair->nominated = true;
    pair->nomination = std::max(pair->nomination, request.u32(kNominationAttribute).value_or(0));
  }
  trigger(*pair);
  consider(now, *pair);
  return Verdict::check_answered;
}

Pair* Core::pair_of(Time now, const LocalBase& base, const TransportAddress& source, std::uint32_t priority) {
  const auto remote = learn(now, base, source, priority);
  if (!remote) {
    ++counters_.candidates_ignored;
    return nullptr;
  }
  if (Pair* known = checklist_.find(base.id, *remote)) return known;
  return add_pair(base, *remote);
}

// Two mappings that vary by destination teach a new source with each check. When there is no room left, the oldest that
// led nowhere gives way (docs/ice.md); its index passes on to the new one.
std::optional<std::uint8_t> Core::learn(Time now, const LocalBase& base, const TransportAddress& source,
                                        std::uint32_t priority) {
  if (const auto known = remote_.learn(now, source, priority, base.relayed)) return known;
  const auto oldest =
      remote_.replaceable(now, source, priority, base.relayed, [&](auto index) { return checklist_.expendable(index); });
  if (!oldest) return std::nullopt;
  checklist_.vacate(*oldest);
  remote_.put_learned(*oldest, now, source, priority, base.relayed);
  return oldest;
}

// RFC 8445 section 7.3.1.4. A pair in progress is checked anew, since its first request may have met a closed NAT; its
// old transaction stays answerable. Not one that was answered from elsewhere: the peer's NAT would do so again
// (docs/ice.md).
void Core::trigger(Pair& pair) {
  pair.peer_checked = true;
  if (pair.valid || pair.state == PairState::succeeded || pair.asymmetric) return;
  if (pair.state == PairState::redundant && !pair.nominated && !worth_checking(pair)) return;
  checklist_.trigger(pair);
}

}  // namespace punchlab::ice
