#pragma once
// The checklist: pairs with their states, freezing by foundation, the triggered-check queue (RFC 8445 section 6.1).
#include <span>
#include <vector>

#include "protocol/ice/pair.hpp"

namespace punchlab::ice {

/// Holds at most `max_pairs`; pairs never move, so references and indices stay good. A part of the places takes relayed
/// pairs only: they have the lowest priorities, and are what is left when nothing else works.
class Checklist {
 public:
  explicit Checklist(std::size_t max_pairs);

  /// Adds a pair and decides whether it is frozen or waiting. At the limit it takes the place of the lowest pair that
  /// was not checked yet (RFC 8445 section 6.1.2.5), relayed and direct ones apart, or that of a learned one that led
  /// nowhere; null when there is neither.
  Pair* add(const Pair& pair);
  /// Whether every pair with this remote candidate has ended without success: what was only learned may be given up
  /// then.
  bool expendable(std::uint8_t remote) const;
  /// Frees the places of the pairs with this remote candidate; none of them is selected.
  void vacate(std::uint8_t remote);
  Pair* find(BaseId base, std::uint8_t remote);
  std::span<Pair> pairs() { return pairs_; }
  std::span<const Pair> pairs() const { return pairs_; }
  std::uint16_t index_of(const Pair& pair) const { return static_cast<std::uint16_t>(&pair - pairs_.data()); }
  Pair& operator[](std::size_t index) { return pairs_[index]; }
  const Pair& operator[](std::size_t index) const { return pairs_[index]; }

  /// Puts the pair at the end of the triggered-check queue, once, and cancels what is in progress on it.
  void trigger(Pair& pair);
  void untrigger(Pair& pair);
  /// The pair to check next: triggered first, then the best waiting, then the best frozen one whose foundation is idle
  /// (RFC 8445 section 6.1.4.2); null when there is none. Without `relayed`, relayed pairs count only when triggered.
  const Pair* next(bool relayed = true) const;
  /// Takes that pair off the queue.
  Pair& take(const Pair& pair);
  /// A pair of this foundation succeeded: its frozen ones become waiting (RFC 8445 section 7.2.5.3.3).
  void unfreeze(std::uint16_t foundation);
  /// Whether each pair that `which` accepts has succeeded, failed or is redundant.
  template <class F>
  bool concluded(F&& which) const {
    return std::ranges::none_of(pairs_, [&](const Pair& p) { return p.unconcluded() && which(p); });
  }
  /// Waiting and in-progress pairs, which RFC 8445 section 14.3 counts for the RTO.
  int active() const;

 private:
  PairState first_state(const Pair& pair);
  Pair* make_room(const Pair& pair);
  std::size_t room_of(const Pair& pair) const;
  const Pair* best_unfreezable(bool relayed) const;
  bool idle(std::uint16_t foundation) const;
  std::size_t max_pairs_;
  std::vector<Pair> pairs_;
  std::vector<std::uint16_t> triggered_;
};

}  // namespace punchlab::ice
