// Timers and outputs: pacing, retransmission, and the one poll loop.
#include <cassert>

#include "protocol/ice/core.hpp"

namespace punchlab::ice {
namespace {

void earliest(Deadline& deadline, Time at, const char* reason) {
  if (at < deadline.at) deadline = {at, reason};
}

}  // namespace

// One transaction per Ta, triggered ones included (RFC 8445 sections 6.1.4.2 and 14.2).
Time Core::next_check() const {
  if (!may_check()) return kNever;
  const Time paced = std::max(first_check_, last_check_ + std::max(Duration{1}, policy_->pacing));
  if (checklist_.next(false) != nullptr) return paced;
  return checklist_.next() != nullptr ? std::max(paced, relayed_due()) : kNever;
}

// The delay of the relay: counted from the first direct check, since the peer may tell its candidates long after checks may
// begin, and from then without one.
Time Core::relayed_due() const {
  if (first_check_ == kNever) return kNever;
  return (first_direct_ != kNever ? first_direct_ : first_check_) + policy_->relayed_check_delay;
}

// A new transaction, unless the one under way says the same and already left after a check of the peer: where the round trip
// is several RTO, each check of the peer would otherwise cancel the one whose response is about to come (docs/ice.md).
const CheckTransaction& Core::transaction_for(Pair& pair) {
  CheckTransaction next{.id = stun::random_transaction_id(*rng_), .role = role_, .open = true};
  next.after_peer = pair.peer_checked;
  const bool aggressive = policy_->nominate_first_valid && !ever_selected_ && direct(pair);
  next.use_candidate = role_ == Role::controlling && (pair.nominating || aggressive);
  next.nomination = next.use_candidate && pair.nominating ? nominations_ : 0;
  const auto& now = pair.transactions[pair.check_slot];
  const bool same = now.open && !now.consent && now.after_peer && now.role == next.role &&
                    now.use_candidate == next.use_candidate && now.nomination == next.nomination;
  if (same) return now;
  pair.open_transaction() = next;
  pair.check_slot = pair.newest;
  return pair.transactions[pair.check_slot];
}

void Core::begin_check(Time now, Pair& pair) {
  last_check_ = now;
  // RFC 8445 section 14.3, counted before this pair leaves the waiting ones.
  pair.constants = {.rto = std::max(policy_->rto, policy_->pacing * checklist_.active()),
                    .max_transmissions = policy_->max_transmissions,
                    .last_wait_factor = policy_->last_wait_factor,
                    .linear = policy_->linear_rto};
  pair.state = PairState::in_progress;
  if (first_direct_ == kNever && direct(pair)) first_direct_ = now;
  const auto& check = transaction_for(pair);
  pair.use_candidate_sent |= check.use_candidate;
  pair.timer = stun::Retransmission(pair.constants);
  pair.timer.start(now);
  ++counters_.checks;
  outbox_.push(SendCheck{checklist_.index_of(pair), pair.check_slot});
}

void Core::retransmit(Time now, Pair& pair) {
  switch (pair.timer.due(now)) {
    case stun::Retransmission::Due::nothing: return;
    case stun::Retransmission::Due::failed: return fail(pair);
    case stun::Retransmission::Due::send:
      ++counters_.retransmissions;
      outbox_.push(SendCheck{checklist_.index_of(pair), pair.check_slot});
  }
}

void Core::send_openers() {
  openers_due_ = false;
  for (const auto& pair : checklist_.pairs())
    if (pair.state != PairState::vacant && direct(pair) && outbox_.push(SendOpener{checklist_.index_of(pair)})) ++counters_.openers;
}

void Core::handle_timeout(Time now) {
  for (auto& pair : checklist_.pairs())
    if (pair.timer.next() <= now) retransmit(now, pair);
  if (openers_due_ && may_check() && first_check_ <= now) send_openers();
  run_nomination(now);
  if (next_check() <= now) begin_check(now, checklist_.take(*checklist_.next(now >= relayed_due())));
  run_consent(now);
  run_patience(now);
}

Deadline Core::next_deadline() const {
  Deadline deadline;
  for (const auto& pair : checklist_.pairs()) earliest(deadline, pair.timer.next(), "check unanswered");
  if (openers_due_ && may_check()) earliest(deadline, first_check_, "opener");
  earliest(deadline, next_check(), "next check");
  earliest(deadline, next_nomination(), "nomination");
  earliest(deadline, consent_.next_check(), "consent check");
  earliest(deadline, consent_.doubt(), "consent in doubt");
  earliest(deadline, consent_.expiry(), "consent expiry");
  earliest(deadline, consent_.keepalive(), "keepalive");
  return deadline;
}

std::size_t Core::write(const SendCheck& send, MutableBytes out) {
  const auto& pair = checklist_[send.pair];
  const auto& check = pair.transactions[send.slot];
  if (!check.open || !remote_key_) return 0;
  return write_check(context(), check, local_.find(pair.base)->check_priority(), out);
}

std::size_t Core::write(const SendOpener& send, MutableBytes out) {
  const auto* base = local_.find(checklist_[send.pair].base);
  return write_opener(context(), stun::random_transaction_id(*rng_), base->check_priority(), out);
}

std::size_t Core::write(const SendKeepalive&, MutableBytes out) {
  ++counters_.keepalives;
  return write_keepalive(stun::random_transaction_id(*rng_), out);
}

std::size_t Core::write(const SendResponse& send, MutableBytes out) {
  ++counters_.responses;
  return write_response(context(), send, out);
}

template <class Send>
std::optional<Output> Core::transmit(Time now, const Send& send, MutableBytes out) {
  if constexpr (requires { send.path; } || requires { send.reason; }) {
    return Output{send};
  } else {
    if constexpr (requires { send.pair; })
      if (checklist_[send.pair].state == PairState::vacant) return std::nullopt;
    const std::size_t size = write(send, out);
    if (size == 0) return std::nullopt;
    Transmit t{.size = size};
    if constexpr (requires { send.pair; }) {
      t.base = checklist_[send.pair].base;
      t.destination = remote_[checklist_[send.pair].remote].candidate.address;
    } else {
      t.base = send.base;
      t.destination = send.destination;
    }
    if constexpr (std::is_same_v<Send, SendOpener>) t.ttl = opener_of(*policy_).ttl;
    const auto current = selected();
    if (current && current->base == t.base && current->remote == t.destination) consent_.sent(now);
    return Output{t};
  }
}

Output Core::poll(Time now, MutableBytes out) {
  for (;;) {
    while (!outbox_.empty()) {
      const auto item = outbox_.pop();
      const auto output = std::visit([&](const auto& i) { return transmit(now, i, out); }, item);
      if (output) return *output;
    }
    auto deadline = next_deadline();
    if (patience_end() > now) earliest(deadline, patience_end(), "patience");
    if (deadline.at > now && !hopeless(now)) return deadline;
    handle_timeout(now);
  }
}

}  // namespace punchlab::ice
