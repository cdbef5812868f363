#pragma once
// A traversal policy: every constant that decides how a connection is made. A scenario names one and may override it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"
#include "protocol/policy/technique.hpp"

namespace punchlab {

/// The transports by which the relay is tried, in order; each at most once, and one at least.
struct RelayTransports {
  static constexpr std::size_t kMost = 3;
  std::array<Transport, kMost> order{Transport::udp, Transport::tcp, Transport::tls};
  std::uint8_t count = kMost;

  std::span<const Transport> in_order() const { return std::span{order}.first(count); }
  friend bool operator==(const RelayTransports& a, const RelayTransports& b) {
    return std::ranges::equal(a.in_order(), b.in_order());
  }
};

/// Values only; behaviour lives in the agents that read them. Sources of the presets are in presets.cpp.
struct Policy {
  std::string name = "relay-first";

  // Order and patience
  bool relay_first = true;        ///< send data over the relay as soon as the sealed answer is there, before any check
  bool synchronised_start = true; ///< both sides send their first check at the moment the relay timed
  bool nominate_first_valid = true;  ///< nominate the first valid direct pair; false waits `acceptance_wait`s
  Duration start_skew{0};         ///< added to the timed start of the client side (an experiment's knob)
  Duration patience = std::chrono::milliseconds{39'500};  ///< before a side without valid pair gives up (RFC 8863)
  Duration acceptance_wait_reflexive = std::chrono::milliseconds{500};  ///< after the first check, before srflx/prflx pairs are nominated
  Duration acceptance_wait_relayed = std::chrono::milliseconds{2000};   ///< the same for relayed pairs

  // Checks (RFC 8445 section 14)
  Duration pacing = std::chrono::milliseconds{50};  ///< Ta between new checks; at least 1 ms
  Duration relayed_check_delay{0};  ///< after the first check, before relayed pairs are checked first, or such checks answered
  Duration rto = std::chrono::milliseconds{500};    ///< first retransmission timeout; doubles each time unless `linear_rto`
  bool linear_rto = false;     ///< keep the RTO constant instead of doubling
  int max_transmissions = 7;   ///< Rc of RFC 8489: requests sent in one transaction
  int last_wait_factor = 16;   ///< Rm of RFC 8489: wait this many RTO after the last request
  int max_pairs = 100;         ///< checklist limit (RFC 8445 section 6.1.2.5)

  // Gathering and the relay
  Duration gather_rto = std::chrono::milliseconds{500};  ///< RTO of transactions with the relay
  bool use_relay_candidates = true;
  RelayTransports relay_transports{};  ///< those at which the caller says that the relay listens are tried
  /// After this long without an answer the next transport is tried as well (RFC 8305 section 5, with an RTO of RFC 8489).
  Duration relay_wait = std::chrono::milliseconds{500};
  bool use_host_candidates = true;

  // Upkeep
  Duration keepalive = std::chrono::seconds{15};        ///< Tr of RFC 8445 section 11
  Duration consent_interval = std::chrono::seconds{5};  ///< RFC 7675 section 5.1, randomised 0.8 to 1.2
  Duration consent_timeout = std::chrono::seconds{30};  ///< RFC 7675 section 5.1

  // Techniques (technique.hpp)
  static constexpr std::size_t kMaxTechniques = 4;
  std::array<const Technique*, kMaxTechniques> techniques{};  ///< null ones are skipped
  std::uint8_t opener_ttl = 0;  ///< TTL of one first packet that only opens the own NAT; 0: as the techniques say
  Duration opener_lead{0};      ///< the checks follow it this much later

  friend bool operator==(const Policy&, const Policy&) = default;
};

/// The policy's own opener, else that of its first technique with one.
Opener opener_of(const Policy& policy);

/// A preset by name ("relay-first", "ice", "libwebrtc", ...), or null.
const Policy* find_policy(std::string_view name);
/// All presets, in the order documentation lists them.
std::span<const Policy> policy_presets();

}  // namespace punchlab
