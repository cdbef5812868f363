// Which pair carries data (RFC 8445 section 8; the departures stand in docs/ice.md).
#include "protocol/ice/core.hpp"

namespace punchlab::ice {

// The numbered nomination wins; among equals the priority decides (RFC 8445 section 8.1.1, RFC 5245 section 8.1.1.2).
bool Core::preferred(const Pair& pair, const Pair& to) const {
  if (!to.nominated) return true;
  if (pair.nomination != to.nomination) return pair.nomination > to.nomination;
  // The controlling side keeps its first choice and moves with numbers only.
  return role_ == Role::controlled && pair.priority > to.priority;
}

void Core::consider(Time now, Pair& pair) {
  if (!pair.nominated || !pair.valid) return;
  const Pair* current = selected_pair();
  if (current == &pair) return;
  if (current == nullptr || preferred(pair, *current)) select(now, pair);
}

void Core::select(Time now, Pair& pair) {
  selected_ = checklist_.index_of(pair);
  ever_selected_ = true;
  consent_.begin(now, pair.last_response, *rng_);
  outbox_.push(Selected{path_of(pair)});
  prune();
  confirm_if_ambiguous(pair);
}

// Beside a selected pair only better ones are worth a check, and none with regular nomination (RFC 8445 section 8.1.2).
bool Core::worth_checking(const Pair& pair) const {
  if (!selected_) return true;
  return policy_->nominate_first_valid && pair.priority > checklist_[*selected_].priority;
}

void Core::prune() {
  for (auto& pair : checklist_.pairs()) {
    if (!pair.unconcluded() || worth_checking(pair) || pair.nominated) continue;
    checklist_.untrigger(pair);
    pair.timer.stop();
    pair.state = PairState::redundant;
  }
}

void Core::call_off_nomination() {
  for (auto& pair : checklist_.pairs()) {
    if (!pair.nominating) continue;
    pair.nominating = false;
    pair.timer.stop();
    checklist_.untrigger(pair);
    pair.state = PairState::succeeded;
  }
}

// Repeats the check with USE-CANDIDATE and the next number. One nomination at a time: a newer one calls off the older.
void Core::nominate(Pair& pair) {
  call_off_nomination();
  pair.nominating = true;
  ++nominations_;
  checklist_.trigger(pair);
}

// Several pairs went out with USE-CANDIDATE: tell the peer by number which one it is.
void Core::confirm_if_ambiguous(Pair& pair) {
  const bool newest = nominations_ != 0 && pair.nomination == nominations_;
  if (role_ != Role::controlling || newest) return;
  const bool ambiguous =
      std::ranges::any_of(checklist_.pairs(), [&](const Pair& p) { return &p != &pair && p.use_candidate_sent; });
  if (ambiguous || !pair.nominated) nominate(pair);
}

const Pair* Core::best_valid() const {
  const Pair* best = nullptr;
  for (const auto& p : checklist_.pairs())
    if (p.valid && (best == nullptr || p.priority > best->priority)) best = &p;
  return best;
}

// When the pair may be nominated: at once, after its acceptance wait, or when nothing better can come.
Time Core::nomination_time(const Pair& pair) const {
  const auto path = path_of(pair);
  const bool host = path.local_type == CandidateType::host && path.remote_type == CandidateType::host;
  if (!path.relayed() && (policy_->nominate_first_valid || host)) return Time{};
  const bool nothing_better = candidates_ended() && checklist_.concluded([&](const Pair& p) {
    return p.priority > pair.priority && (!policy_->nominate_first_valid || direct(p));
  });
  if (nothing_better) return Time{};
  return first_check_ + (path.relayed() ? policy_->acceptance_wait_relayed : policy_->acceptance_wait_reflexive);
}

// kNever when there is nothing to nominate.
Time Core::next_nomination() const {
  if (role_ != Role::controlling || !may_check()) return kNever;
  const Pair* best = best_valid();
  if (best == nullptr || best->nominating) return kNever;
  if (selected_ && !worth_checking(*best)) return kNever;
  return nomination_time(*best);
}

void Core::run_nomination(Time now) {
  if (next_nomination() <= now) nominate(checklist_[checklist_.index_of(*best_valid())]);
}

}  // namespace punchlab::ice
