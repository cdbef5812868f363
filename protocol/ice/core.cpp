#include "protocol/ice/core.hpp"

namespace punchlab::ice {
namespace {

// Responses that may wait between two polls, beside one check per pair.
constexpr std::size_t kPendingResponses = 32;

}  // namespace

Core::Core(const Policy& policy, Role role, Rng& rng)
    : policy_(&policy),
      rng_(&rng),
      role_(role),
      tie_breaker_(rng.next()),
      local_credentials_(draw_credentials(rng)),
      local_key_(stun::IntegrityKey::short_term(password_of(local_credentials_))),
      checklist_(static_cast<std::size_t>(std::max(1, policy.max_pairs))),
      outbox_(static_cast<std::size_t>(std::max(1, policy.max_pairs)) + kPendingResponses),
      consent_(policy) {}

std::optional<Candidate> Core::add_local(CandidateType type, BaseId base, const TransportAddress& address,
                                         const IpAddress& server) {
  const bool new_base = local_.find(base) == nullptr;
  const auto candidate = local_.add(type, base, address, server);
  if (!candidate) ++counters_.candidates_ignored;
  else if (new_base) pair_with_remotes(*local_.find(base));
  else if (type == CandidateType::relayed) check_again(base);
  return candidate;
}

// A new allocation stands behind this base: what failed over the old one may work.
void Core::check_again(BaseId base) {
  for (auto& pair : checklist_.pairs())
    if (pair.base == base && pair.expendable() && worth_checking(pair)) checklist_.trigger(pair);
}

bool Core::set_remote_credentials(std::string_view ufrag, std::string_view password) {
  if (ufrag.empty() || password.empty() || !remote_ufrag_.assign(ufrag)) return false;
  remote_key_ = stun::IntegrityKey::short_term(password);
  return true;
}

void Core::add_remote(const Candidate& candidate) {
  if (!pair_with_locals(candidate)) return;
  if (candidate.type == CandidateType::server_reflexive) add_guesses(candidate);
}

// What the policy's techniques guess stands right behind what the peer told.
void Core::add_guesses(Candidate told) {
  std::array<TransportAddress, Technique::kMaxGuesses> guesses;
  const auto reflexive = told.address;
  for (const auto* technique : policy_->techniques) {
    const auto count = technique != nullptr ? technique->guess(reflexive, guesses) : 0;
    // A guess takes no place that the peer may still need for what it tells.
    for (std::size_t i = 0; i < count && told.priority > 1 && remote_.signalled() < kMaxRemoteCandidates / 2; ++i) {
      told.address = guesses[i];
      --told.priority;
      pair_with_locals(told);
    }
  }
}

void Core::end_of_remote_candidates() {
  remote_ended_ = true;
  remote_.end();
  if (remote_.reconsider()) refresh_pairs();
}

bool Core::pair_with_locals(const Candidate& candidate) {
  const bool was_direct = selected_ && direct(checklist_[*selected_]);
  const auto [added, index] = remote_.add(candidate);
  if (added == RemoteCandidates::Added::ignored) {
    ++counters_.candidates_ignored;
    return false;
  }
  if (remote_.reconsider() || added == RemoteCandidates::Added::upgraded) refresh_pairs();
  if (was_direct && !direct(checklist_[*selected_])) recheck_pruned();
  for (const auto& base : local_.bases())
    if (checklist_.find(base.id, index) == nullptr) add_pair(base, index);
  return true;
}

void Core::start(Time first_check) {
  first_check_ = first_check;
  last_check_ = first_check + opener_of(*policy_).lead - policy_->pacing;
  openers_due_ = opener_of(*policy_).ttl != 0;
}

std::uint64_t Core::priority_of_pair(const LocalBase& base, const RemoteCandidate& remote) const {
  return role_ == Role::controlling ? pair_priority(base.priority, remote.candidate.priority)
                                    : pair_priority(remote.candidate.priority, base.priority);
}

Pair* Core::add_pair(const LocalBase& base, std::uint8_t remote) {
  if (base.family != remote_[remote].candidate.address.address.family()) return nullptr;
  Pair pair;
  pair.base = base.id;
  pair.remote = remote;
  pair.relayed_base = base.relayed;
  pair.relayed_remote = remote_[remote].candidate.type == CandidateType::relayed;
  pair.learned = !remote_[remote].signalled;
  pair.local_type = base.relayed ? CandidateType::relayed : CandidateType::host;
  pair.foundation = static_cast<std::uint16_t>((base.foundation << 8) | remote_[remote].foundation);
  pair.priority = priority_of_pair(base, remote_[remote]);
  Pair* added = checklist_.add(pair);
  if (added == nullptr)
    ++counters_.pairs_ignored;
  else if (!worth_checking(*added))
    added->state = PairState::redundant;
  return added;
}

// A source learned from a check belongs to the one base it was seen on until the peer signals it.
void Core::pair_with_remotes(const LocalBase& base) {
  for (std::size_t i = 0; i < remote_.size(); ++i)
    if (remote_[i].signalled) add_pair(base, static_cast<std::uint8_t>(i));
}

void Core::refresh_pairs() {
  for (auto& pair : checklist_.pairs()) {
    if (pair.state == PairState::vacant) continue;
    const auto& base = *local_.find(pair.base);
    pair.priority = priority_of_pair(base, remote_[pair.remote]);
    pair.relayed_remote = remote_[pair.remote].candidate.type == CandidateType::relayed;
    pair.learned = !remote_[pair.remote].signalled;
    pair.foundation = static_cast<std::uint16_t>((base.foundation << 8) | remote_[pair.remote].foundation);
  }
}

// The selected pair seemed to be direct and is not: what was given up beside it may be better.
void Core::recheck_pruned() {
  for (auto& pair : checklist_.pairs())
    if (pair.state == PairState::redundant && worth_checking(pair)) pair.state = PairState::waiting;
}

// What was nominated under the old role no longer counts; what was proved valid does.
void Core::switch_role(Role role) {
  if (role_ == role) return;
  role_ = role;
  refresh_pairs();
  call_off_nomination();
  for (auto& pair : checklist_.pairs()) {
    pair.nominated = pair.use_candidate_sent = false;
    pair.nomination = 0;
  }
}

CheckContext Core::context() const {
  return {&local_credentials_, remote_ufrag_.view(), &local_key_, remote_key_ ? &*remote_key_ : nullptr, tie_breaker_};
}

Path Core::path_of(const Pair& pair) const {
  const auto& remote = remote_[pair.remote].candidate;
  return {pair.base, remote.address, pair.local_type, remote.type};
}

std::optional<Path> Core::selected() const {
  if (!selected_) return std::nullopt;
  return path_of(checklist_[*selected_]);
}

bool Core::checks_concluded() const {
  return checklist_.concluded([](const Pair&) { return true; });
}

}  // namespace punchlab::ice
