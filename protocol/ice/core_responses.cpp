// Received Binding responses (RFC 8445 section 7.2.5).
#include "protocol/ice/core.hpp"

namespace punchlab::ice {

using stun::Attribute;

Verdict Core::handle_response(Time now, BaseId base, const TransportAddress& source,
                              const stun::MessageView& response) {
  const auto id = response.transaction_id();
  CheckTransaction* check = nullptr;
  const auto pairs = checklist_.pairs();
  const auto it = std::ranges::find_if(pairs, [&](Pair& p) { return (check = p.find(id)) != nullptr; });
  if (it == pairs.end()) return Verdict::unknown_transaction;
  // Unauthenticated errors are dropped too: a 400 or 401 that anybody may forge must not fail a pair.
  if (!remote_key_ || stun::check_integrity(response, *remote_key_) != stun::IntegrityResult::valid)
    return Verdict::unauthenticated;
  if (response.message_class() == stun::Class::error) return handle_error(*it, *check, response);
  std::array<std::uint16_t, 1> unknown;
  const bool symmetric = base == it->base && source == remote_[it->remote].candidate.address;
  if (!symmetric || unknown_attributes(response, unknown) != 0) {
    it->asymmetric = it->asymmetric || !symmetric;
    fail(*it);
    return Verdict::pair_failed;
  }
  const auto mapped = response.address(Attribute::xor_mapped_address);
  if (!mapped) return Verdict::malformed;
  const bool renewal = check->consent || (it->valid && selected_ == checklist_.index_of(*it));
  succeed(now, *it, *check, *mapped);
  return renewal ? Verdict::consent_renewed : Verdict::check_succeeded;
}

Verdict Core::handle_error(Pair& pair, CheckTransaction& check, const stun::MessageView& response) {
  const auto error = response.error();
  if (!error) return Verdict::malformed;
  if (error->code != 487) {
    fail(pair);
    return Verdict::pair_failed;
  }
  // RFC 8445 section 7.2.5.1: only a request in today's role says something about it.
  check.open = false;
  switch_role(opposite(check.role));
  if (!pair.valid) checklist_.trigger(pair);
  return Verdict::role_conflict;
}

void Core::succeed(Time now, Pair& pair, CheckTransaction& check, const TransportAddress& mapped) {
  const CheckTransaction done = check;
  check.open = false;
  const bool first = !pair.valid;
  pair.valid = true;
  pair.last_response = now;
  pair.local_type = local_.type_of(pair.base, mapped);
  if (selected_ == checklist_.index_of(pair)) consent_.renew(now);
  // An older transaction must not end the nominating one.
  if (!pair.nominating || (done.use_candidate && done.nomination == nominations_)) {
    pair.nominating = false;
    pair.close_checks();
    checklist_.untrigger(pair);
    pair.state = PairState::succeeded;
  }
  checklist_.unfreeze(pair.foundation);
  if (first) outbox_.push(PairValid{path_of(pair)});
  if (done.use_candidate && done.role == role_ && role_ == Role::controlling) {
    pair.nominated = true;
    pair.nomination = std::max(pair.nomination, done.nomination);
  }
  consider(now, pair);
}

// The selected pair is not failed by one check: consent decides (RFC 7675 section 5.1).
void Core::fail(Pair& pair) {
  pair.close_checks();
  checklist_.untrigger(pair);
  pair.nominating = false;
  if (selected_ == checklist_.index_of(pair)) {
    pair.state = PairState::succeeded;
    return;
  }
  pair.state = PairState::failed;
  pair.valid = pair.nominated = false;
  pair.nomination = 0;
}

}  // namespace punchlab::ice
