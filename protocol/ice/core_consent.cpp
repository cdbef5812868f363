// Consent of the selected pair and what follows its loss (RFC 7675 section 5.1), what is withdrawn, and patience (RFC 8863).
#include "protocol/ice/core.hpp"

namespace punchlab::ice {

void Core::run_consent(Time now) {
  if (!selected_) return;
  if (now >= consent_.expiry()) return expire_consent(now);
  if (now >= consent_.doubt()) revalidate();
  if (now >= consent_.next_check()) {
    begin_consent_check(*selected_pair());
    consent_.schedule(now, *rng_);
  }
  if (now >= consent_.keepalive()) {
    outbox_.push(SendKeepalive{*selected_});
    consent_.sent(now);
  }
}

// The controlling side repeats its nomination with each consent check, so that the peer stays with it.
void Core::begin_consent_check(Pair& pair) {
  auto& check = pair.open_transaction();
  check.id = stun::random_transaction_id(*rng_);
  check.role = role_;
  check.consent = true;
  check.use_candidate = role_ == Role::controlling && pair.nominated;
  check.nomination = check.use_candidate ? pair.nomination : 0;
  ++counters_.consent_checks;
  outbox_.push(SendCheck{checklist_.index_of(pair), pair.newest});
}

// The selected pair has been silent for half the timeout: check every other pair, so that at the end it is known which
// of them lives.
void Core::revalidate() {
  consent_.doubted();
  for (auto& pair : checklist_.pairs()) {
    const bool idle = pair.state == PairState::succeeded || pair.state == PairState::failed ||
                      pair.state == PairState::redundant;
    if (checklist_.index_of(pair) != *selected_ && idle) checklist_.trigger(pair);
  }
}

void Core::expire_consent(Time now) {
  Pair& lost = *selected_pair();
  const Path lost_path = path_of(lost);
  const Time last = lost.last_response;
  selected_.reset();
  consent_.stop();
  fail(lost);
  for (auto& pair : checklist_.pairs())
    if (pair.valid && pair.last_response <= last) pair.valid = pair.nominated = false;
  if (const Pair* fresh = best_valid()) return select(now, checklist_[checklist_.index_of(*fresh)]);
  outbox_.push(Lost{lost_path});
  for (auto& pair : checklist_.pairs())
    if (pair.state != PairState::in_progress && pair.state != PairState::vacant) checklist_.trigger(pair);
}

// What is known to lead nowhere needs no timeout.
template <class F>
void Core::withdraw(Time now, F&& which) {
  bool lost = false;
  for (auto& pair : checklist_.pairs()) {
    if (pair.state == PairState::vacant || !which(pair)) continue;
    if (&pair == selected_pair()) lost = true;
    else fail(pair);
  }
  if (lost) expire_consent(now);
}

void Core::withdraw_base(Time now, BaseId base) {
  withdraw(now, [=](const Pair& p) { return p.base == base; });
}

void Core::withdraw_remote(Time now, const TransportAddress& address) {
  withdraw(now, [&](const Pair& p) { return remote_[p.remote].candidate.address == address; });
  if (const auto index = remote_.withdraw(address)) checklist_.vacate(*index);
}

Time Core::patience_end() const {
  return failed_ || ever_selected_ || first_check_ == kNever ? kNever : first_check_ + policy_->patience;
}

// Patience that has ended still waits for the last pair.
bool Core::hopeless(Time now) const {
  return now >= patience_end() && best_valid() == nullptr && (!may_check() || checks_concluded());
}

void Core::run_patience(Time now) {
  if (!hopeless(now)) return;
  failed_ = true;
  outbox_.push(Failed{checklist_.pairs().empty() || !remote_key_ ? "no-pairs" : "no-valid-pair"});
}

}  // namespace punchlab::ice
