#pragma once
// One candidate pair with its check (RFC 8445 sections 6.1.2 and 7.2).
#include <algorithm>
#include <array>

#include "protocol/ice/candidate.hpp"
#include "protocol/ice/role.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/stun/retransmission.hpp"

namespace punchlab::ice {

/// RFC 8445 section 6.1.2.6; `redundant`: not worth checking beside the selected pair (section 8.1.2); `vacant`: no pair any
/// more, its candidate was given up and its place is free.
enum class PairState : std::uint8_t { frozen, waiting, in_progress, succeeded, failed, redundant, vacant };

/// One Binding request that may still be answered.
struct CheckTransaction {
  stun::TransactionId id{};
  Role role = Role::controlling;  ///< that the request claims
  bool open = false;
  bool use_candidate = false;
  bool consent = false;           ///< never sent again (RFC 7675 section 5.1)
  bool after_peer = false;        ///< left when a check of the peer had come, so that both NATs were open
  std::uint32_t nomination = 0;   ///< 0: no NOMINATION attribute
};

inline constexpr stun::RetransmissionConstants kNoRetransmission{};

struct Pair {
  BaseId base;
  std::uint8_t remote = 0;       ///< index into the remote candidates
  bool relayed_base = false;
  bool relayed_remote = false;
  bool learned = false;          ///< the remote candidate is known from checks only
  std::uint16_t foundation = 0;  ///< local and remote foundation numbers
  std::uint64_t priority = 0;
  PairState state = PairState::frozen;
  bool triggered = false;           ///< stands in the triggered-check queue
  bool peer_checked = false;        ///< a check of the peer came over it
  bool asymmetric = false;          ///< a response came from elsewhere: the peer's NAT gives this pair another address
  bool valid = false;               ///< its last completed check succeeded
  bool nominated = false;           ///< by USE-CANDIDATE, ours when controlling, the peer's when controlled
  bool nominating = false;          ///< controlling: its next check carries USE-CANDIDATE and `nomination`
  bool use_candidate_sent = false;  ///< controlling: the peer may have taken this pair for nominated
  CandidateType local_type = CandidateType::host;  ///< once valid: of the candidate that the peer saw
  std::uint32_t nomination = 0;     ///< highest number it was nominated with (docs/ice.md)
  Time last_response{};             ///< when valid: the last proof that it carries packets
  stun::RetransmissionConstants constants;
  stun::Retransmission timer{kNoRetransmission};
  std::array<CheckTransaction, 4> transactions{};  ///< the newest and those cancelled, oldest reused first
  std::uint8_t newest = 0;      ///< the slot taken last
  std::uint8_t check_slot = 0;  ///< the slot of the check that `timer` repeats

  /// Leads to or from an allocation, as far as signalling says.
  bool relayed() const { return relayed_base || relayed_remote; }
  /// Ended without success and not to be checked again.
  bool expendable() const {
    return !valid && !triggered && (state == PairState::failed || state == PairState::redundant);
  }
  /// Neither succeeded nor failed nor given up.
  bool unconcluded() const {
    return !valid && (state == PairState::frozen || state == PairState::waiting || state == PairState::in_progress);
  }
  CheckTransaction& open_transaction() {
    newest = static_cast<std::uint8_t>((newest + 1) % transactions.size());
    return transactions[newest] = CheckTransaction{.open = true};
  }
  CheckTransaction* find(const stun::TransactionId& id) {
    const auto it = std::ranges::find_if(transactions, [&](const auto& t) { return t.open && t.id == id; });
    return it == transactions.end() ? nullptr : &*it;
  }
  /// Forgets checks, so that their late responses count as unknown; consent checks stay answerable.
  void close_checks() {
    timer.stop();
    for (auto& t : transactions) t.open = t.open && t.consent;
  }
};

/// RFC 8445 section 6.1.2.3: G is the controlling side's candidate priority, D the controlled side's.
constexpr std::uint64_t pair_priority(std::uint32_t g, std::uint32_t d) {
  return (std::uint64_t{std::min(g, d)} << 32) + 2 * std::uint64_t{std::max(g, d)} + (g > d ? 1 : 0);
}

}  // namespace punchlab::ice
