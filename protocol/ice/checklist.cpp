#include "protocol/ice/checklist.hpp"

namespace punchlab::ice {
namespace {

constexpr std::size_t kRelayedReserve = 16;

}  // namespace

Checklist::Checklist(std::size_t max_pairs) : max_pairs_(std::clamp<std::size_t>(max_pairs, 1, 0xFFFF)) {
  pairs_.reserve(max_pairs_);
  triggered_.reserve(max_pairs_);
}

Pair* Checklist::find(BaseId base, std::uint8_t remote) {
  const auto it = std::ranges::find_if(
      pairs_, [&](const Pair& p) { return p.state != PairState::vacant && p.base == base && p.remote == remote; });
  return it == pairs_.end() ? nullptr : &*it;
}

// The rule of RFC 8445 section 6.1.2.6, applied to one new pair at a time as RFC 8838 section 12 wants it: per
// foundation the best pair waits and the rest is frozen, until one succeeds.
PairState Checklist::first_state(const Pair& pair) {
  Pair* waiting = nullptr;
  for (auto& other : pairs_) {
    if (&other == &pair || other.foundation != pair.foundation) continue;
    if (other.valid) return PairState::waiting;
    if (other.state == PairState::in_progress || other.triggered) return PairState::frozen;
    if (other.state == PairState::waiting) waiting = &other;
  }
  if (waiting == nullptr) return PairState::waiting;
  if (waiting->priority >= pair.priority) return PairState::frozen;
  waiting->state = PairState::frozen;
  return PairState::waiting;
}

// Direct pairs leave a quarter of the places, at most kRelayedReserve, to relayed ones.
std::size_t Checklist::room_of(const Pair& pair) const {
  return pair.relayed() ? max_pairs_ : max_pairs_ - std::min(kRelayedReserve, max_pairs_ / 4);
}

Pair* Checklist::make_room(const Pair& pair) {
  Pair* vacant = nullptr;
  Pair* spent = nullptr;
  Pair* lowest = nullptr;
  std::size_t taken = 0;
  for (auto& p : pairs_) {
    if (p.state == PairState::vacant) vacant = &p;
    if (p.state == PairState::vacant || (p.relayed() && !pair.relayed())) continue;
    ++taken;
    if (p.learned && p.expendable()) spent = &p;
    const bool unchecked = !p.triggered && !p.valid && (p.state == PairState::frozen || p.state == PairState::waiting);
    const bool lower = unchecked && p.relayed() == pair.relayed() && p.priority < pair.priority;
    if (lower && (lowest == nullptr || p.priority < lowest->priority)) lowest = &p;
  }
  const bool room = taken < room_of(pair);
  if (room && vacant != nullptr) return vacant;
  if (room && pairs_.size() < max_pairs_) return &pairs_.emplace_back();
  return spent != nullptr ? spent : lowest;
}

Pair* Checklist::add(const Pair& pair) {
  Pair* slot = make_room(pair);
  if (slot == nullptr) return nullptr;
  *slot = pair;
  slot->state = first_state(*slot);
  return slot;
}

bool Checklist::expendable(std::uint8_t remote) const {
  return std::ranges::all_of(
      pairs_, [=](const Pair& p) { return p.remote != remote || p.state == PairState::vacant || p.expendable(); });
}

void Checklist::vacate(std::uint8_t remote) {
  for (auto& p : pairs_) {
    if (p.remote != remote || p.state == PairState::vacant) continue;
    untrigger(p);
    p = Pair{};
    p.state = PairState::vacant;
  }
}

void Checklist::trigger(Pair& pair) {
  pair.state = PairState::waiting;
  pair.timer.stop();
  if (!pair.triggered) triggered_.push_back(index_of(pair));
  pair.triggered = true;
}

void Checklist::untrigger(Pair& pair) {
  if (pair.triggered) std::erase(triggered_, index_of(pair));
  pair.triggered = false;
}

bool Checklist::idle(std::uint16_t foundation) const {
  return std::ranges::none_of(pairs_, [&](const Pair& p) {
    return p.foundation == foundation && (p.state == PairState::waiting || p.state == PairState::in_progress);
  });
}

const Pair* Checklist::best_unfreezable(bool relayed) const {
  const Pair* best = nullptr;
  for (const auto& p : pairs_) {
    const bool eligible = p.state == PairState::frozen && (relayed || !p.relayed());
    if (eligible && (best == nullptr || p.priority > best->priority) && idle(p.foundation)) best = &p;
  }
  return best;
}

const Pair* Checklist::next(bool relayed) const {
  if (!triggered_.empty()) return &pairs_[triggered_.front()];
  const Pair* waiting = nullptr;
  bool frozen = false;
  for (const auto& p : pairs_) {
    const bool best = p.state == PairState::waiting && (waiting == nullptr || p.priority > waiting->priority);
    if (best && (relayed || !p.relayed())) waiting = &p;
    frozen |= p.state == PairState::frozen;
  }
  return waiting != nullptr || !frozen ? waiting : best_unfreezable(relayed);
}

Pair& Checklist::take(const Pair& pair) {
  Pair& p = pairs_[index_of(pair)];
  untrigger(p);
  return p;
}

void Checklist::unfreeze(std::uint16_t foundation) {
  for (auto& p : pairs_)
    if (p.foundation == foundation && p.state == PairState::frozen) p.state = PairState::waiting;
}

int Checklist::active() const {
  return static_cast<int>(std::ranges::count_if(
      pairs_, [](const Pair& p) { return p.state == PairState::waiting || p.state == PairState::in_progress; }));
}

}  // namespace punchlab::ice
