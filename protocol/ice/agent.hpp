#pragma once
// A full, trickle ICE agent for one component (RFC 8445, 8838, 7675, 8863), sans-I/O. It pairs candidates, checks them,
// nominates and keeps consent. It owns no socket: the caller feeds received STUN messages, drains `poll`, and sends.
// Departures from the RFCs stand in docs/ice.md.
#include <memory>
#include <optional>
#include <variant>

#include "protocol/base/endpoint.hpp"
#include "protocol/base/rng.hpp"
#include "protocol/ice/candidate.hpp"
#include "protocol/ice/role.hpp"
#include "protocol/ice/verdict.hpp"
#include "protocol/policy/policy.hpp"
#include "protocol/stun/message.hpp"

namespace punchlab::ice {

/// Bytes at the start of the poll buffer, to be sent from `base`; the caller wraps them in TURN when the base is an
/// allocation.
struct Transmit {
  BaseId base{};
  TransportAddress destination{};
  std::size_t size = 0;
  std::uint8_t ttl = 0;  ///< IPv4 TTL or IPv6 hop limit; 0 leaves the host's default
};

/// A 4-tuple that data may take, as this side sees it.
struct Path {
  BaseId base;
  TransportAddress remote;
  CandidateType local_type = CandidateType::host;  ///< of the local candidate that the peer saw
  CandidateType remote_type = CandidateType::host;
  /// Either side's candidate is an allocation on a relay.
  bool relayed() const { return local_type == CandidateType::relayed || remote_type == CandidateType::relayed; }
  friend bool operator==(const Path&, const Path&) = default;
};

/// A check succeeded: the 4-tuple carries packets both ways. Given before a `Selected` of the same path.
struct PairValid {
  Path path;
};
/// The path is nominated and valid: data may flow. Comes again with a better or a replacement path.
struct Selected {
  Path path;
};
/// Consent of the selected path expired (RFC 7675 section 5.1) and no other valid pair could replace it yet. The caller
/// must send no more data over it; another `Selected` may follow.
struct Lost {
  Path path;
};
/// The checklist failed: no valid pair within the patience (RFC 8863). A late success still gives a `Selected`.
struct Failed {
  const char* reason = "";  ///< "no-pairs" or "no-valid-pair"
};
using Output = std::variant<Deadline, Transmit, PairValid, Selected, Lost, Failed>;

class Core;

/// Tables are sized at construction (16 local candidates, 32 remote ones that were signalled and 24 that checks taught,
/// policy.max_pairs pairs); nothing allocates later.
class Agent {
 public:
  /// Draws its credentials and tie-breaker from `rng`; `policy` and `rng` must outlive it.
  Agent(const Policy& policy, Role role, Rng& rng);
  ~Agent();
  Agent(Agent&&) noexcept;
  Agent& operator=(Agent&&) noexcept;

  const Credentials& local_credentials() const;
  /// As it stands after any role conflict.
  Role role() const;

  // Local candidates. `base` is the id the caller transmits through; add a base's host candidate before its reflexive
  // ones. Each returns the candidate to signal, with priority and foundation, or nothing when redundant (RFC 8445
  // section 5.1.3) or over the limit. The server is where the candidate was learned; only its address counts
  // (foundation).
  std::optional<Candidate> add_host(Time now, BaseId base, TransportAddress address);
  std::optional<Candidate> add_server_reflexive(Time now, BaseId base, TransportAddress mapped,
                                                TransportAddress server);
  std::optional<Candidate> add_relayed(Time now, BaseId base, TransportAddress relayed, TransportAddress server);
  /// The peer's allocation may be on this host: a source there that the peer has not told yet counts as relayed
  /// (docs/ice.md). At most kMaxRelays are kept.
  void know_relay(const IpAddress& host);
  /// What is sent from this base leads nowhere any more (an allocation that the relay has lost): its pairs fail at
  /// once. A later `add_relayed` on the same base takes the old candidate's place, and has its pairs checked again.
  void withdraw_base(Time now, BaseId base);
  void end_of_local_candidates(Time now);

  /// No check leaves before these are known.
  void set_remote_credentials(const Credentials& credentials);
  /// The same of an agent with other lengths. False, and nothing changes, unless there are 1 to kMaxUfrag characters
  /// and a password.
  bool set_remote_credentials(std::string_view ufrag, std::string_view password);
  /// Trickle (RFC 8838): ignores what it cannot use, duplicates, and what is over the limit.
  void add_remote(Time now, const Candidate& candidate);
  /// The peer has given this address up: its pairs are gone at once.
  void withdraw_remote(Time now, const TransportAddress& address);
  void end_of_remote_candidates(Time now);

  /// Checks begin at `first_check`, which may lie later than now (the timed simultaneous start). Requests that come
  /// earlier are answered; the checks they trigger wait for `first_check`.
  void start(Time now, Time first_check);

  /// A Binding request, response or indication received on `base` from `source`.
  Verdict handle_stun(Time now, BaseId base, const TransportAddress& source, const stun::MessageView& message);
  void handle_timeout(Time now);
  /// The next output, or a Deadline later than `now` when there is none. `out` should hold kMaxDatagram bytes.
  Output poll(Time now, MutableBytes out);

  /// Where data may go now; nothing before the first `Selected` and after a `Lost`.
  std::optional<Path> selected() const;
  /// The selected path has not answered for half the consent timeout.
  bool in_doubt() const;
  /// The peer's candidate at this address is an allocation, as far as signalling or its checks say.
  bool is_relayed(const TransportAddress& remote) const;
  /// Every pair has succeeded, failed, or is redundant: nothing more will come without new candidates.
  bool checks_concluded() const;
  const Counters& counters() const;

 private:
  Core& change();  ///< for whatever may bring an output or another deadline

  std::unique_ptr<Core> core_;
  bool quiet_ = false;  ///< a Deadline was given, and nothing was changed since
  Deadline next_;       ///< while quiet: that one
};

}  // namespace punchlab::ice
