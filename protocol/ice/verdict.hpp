#pragma once
// What became of each received STUN message, and the agent's counts of them.
#include <array>
#include <cstddef>
#include <cstdint>

namespace punchlab::ice {

/// The fate of one received message. Everything after `keepalive` changed no state.
enum class Verdict : std::uint8_t {
  check_answered,       ///< a valid request: success response queued
  check_succeeded,      ///< a response completed a check
  consent_renewed,      ///< a response completed a consent check (RFC 7675) or a repeated nomination
  role_conflict,        ///< a 487 was sent or received (RFC 8445 section 7.3.1.1)
  pair_failed,          ///< an error response or an asymmetric response failed the pair (RFC 8445 section 7.2.5.2)
  keepalive,            ///< a Binding indication
  malformed,            ///< attributes missing: 400 sent for requests, responses dropped
  unauthenticated,      ///< wrong user or password: 401 sent for requests, responses dropped
  unknown_attribute,    ///< comprehension-required and unknown: 420 sent
  unknown_transaction,  ///< a response that answers nothing open: late, duplicate or forged
  unknown_base,         ///< received where no local candidate is
  not_binding,          ///< another method
  overload,             ///< a valid request, but too many responses already wait to be sent
  too_early,            ///< a valid request on a relayed pair, unanswered (`Policy::relayed_check_delay`)
};
inline constexpr std::size_t kVerdictCount = static_cast<std::size_t>(Verdict::too_early) + 1;

/// Monotonic counts since construction.
struct Counters {
  std::array<std::uint32_t, kVerdictCount> verdicts{};  ///< received messages by verdict
  std::uint32_t checks = 0;                             ///< transactions begun, without consent checks
  std::uint32_t retransmissions = 0;                    ///< requests sent again within a transaction
  std::uint32_t consent_checks = 0;
  std::uint32_t keepalives = 0;          ///< Binding indications sent
  std::uint32_t openers = 0;             ///< low-TTL packets sent
  std::uint32_t responses = 0;           ///< success and error responses sent
  std::uint32_t candidates_ignored = 0;  ///< local and remote: unusable, duplicate or over the limit
  std::uint32_t pairs_ignored = 0;       ///< dropped at the checklist limit

  std::uint32_t of(Verdict v) const { return verdicts[static_cast<std::size_t>(v)]; }
};

}  // namespace punchlab::ice
