#pragma once
// The agent's inside: one object over the tables. Its parts lie in core.cpp (commands), core_poll.cpp (outputs, timers),
// core_requests.cpp, core_responses.cpp (received messages), core_nomination.cpp (choice of the pair), core_consent.cpp.
#include <optional>

#include "protocol/ice/agent.hpp"
#include "protocol/ice/candidates.hpp"
#include "protocol/ice/check_message.hpp"
#include "protocol/ice/checklist.hpp"
#include "protocol/ice/consent.hpp"
#include "protocol/ice/outbox.hpp"
#include "protocol/stun/bounded_text.hpp"

namespace punchlab::ice {

class Core {
 public:
  Core(const Policy& policy, Role role, Rng& rng);

  const Credentials& local_credentials() const { return local_credentials_; }
  Role role() const { return role_; }
  std::optional<Candidate> add_local(CandidateType type, BaseId base, const TransportAddress& address,
                                     const IpAddress& server);
  void withdraw_base(Time now, BaseId base);
  void withdraw_remote(Time now, const TransportAddress& address);
  void end_of_local_candidates() { local_ended_ = true; }
  bool set_remote_credentials(std::string_view ufrag, std::string_view password);
  void add_remote(const Candidate& candidate);
  void know_relay(const IpAddress& host) { remote_.know_relay(host); }
  void end_of_remote_candidates();
  void start(Time first_check);

  Verdict handle_stun(Time now, BaseId base, const TransportAddress& source, const stun::MessageView& message);
  void handle_timeout(Time now);
  Output poll(Time now, MutableBytes out);
  std::optional<Path> selected() const;
  bool is_relayed(const TransportAddress& remote) const { return remote_.is_relayed(remote); }
  bool in_doubt() const { return selected_ && consent_.in_doubt(); }
  bool checks_concluded() const;
  const Counters& counters() const { return counters_; }

 private:
  // Pairs (core.cpp)
  std::uint64_t priority_of_pair(const LocalBase& base, const RemoteCandidate& remote) const;
  Pair* add_pair(const LocalBase& base, std::uint8_t remote);
  bool pair_with_locals(const Candidate& candidate);
  void add_guesses(Candidate told);
  void pair_with_remotes(const LocalBase& base);
  void refresh_pairs();
  void recheck_pruned();
  void check_again(BaseId base);
  void switch_role(Role role);
  CheckContext context() const;
  Path path_of(const Pair& pair) const;
  bool direct(const Pair& pair) const { return !path_of(pair).relayed(); }
  Pair* selected_pair() { return selected_ ? &checklist_[*selected_] : nullptr; }

  // Received messages
  Verdict judge(Time now, BaseId base, const TransportAddress& source, const stun::MessageView& message);
  Verdict handle_request(Time now, const LocalBase& base, const TransportAddress& source,
                         const stun::MessageView& request);
  std::optional<Verdict> refuse(SendResponse& response, const stun::MessageView& request);
  bool resolve_conflict(const stun::MessageView& request);
  bool relayed_too_early(Time now, const LocalBase& base, const TransportAddress& source) const;
  Pair* pair_of(Time now, const LocalBase& base, const TransportAddress& source, std::uint32_t priority);
  std::optional<std::uint8_t> learn(Time now, const LocalBase& base, const TransportAddress& source,
                                    std::uint32_t priority);
  void trigger(Pair& pair);
  Verdict handle_response(Time now, BaseId base, const TransportAddress& source, const stun::MessageView& response);
  Verdict handle_error(Pair& pair, CheckTransaction& check, const stun::MessageView& response);
  void succeed(Time now, Pair& pair, CheckTransaction& check, const TransportAddress& mapped);
  void fail(Pair& pair);

  // Choice (core_nomination.cpp)
  bool preferred(const Pair& pair, const Pair& to) const;
  void consider(Time now, Pair& pair);
  void select(Time now, Pair& pair);
  void prune();
  bool worth_checking(const Pair& pair) const;
  void call_off_nomination();
  void nominate(Pair& pair);
  void confirm_if_ambiguous(Pair& pair);
  const Pair* best_valid() const;
  Time nomination_time(const Pair& pair) const;
  Time next_nomination() const;
  bool candidates_ended() const { return local_ended_ && remote_ended_; }

  // Timers and outputs
  bool may_check() const { return remote_key_.has_value() && first_check_ != kNever; }
  Time next_check() const;
  Time relayed_due() const;
  Deadline next_deadline() const;
  const CheckTransaction& transaction_for(Pair& pair);
  void begin_check(Time now, Pair& pair);
  void retransmit(Time now, Pair& pair);
  void send_openers();
  void run_nomination(Time now);
  void run_consent(Time now);
  void begin_consent_check(Pair& pair);
  void revalidate();
  void expire_consent(Time now);
  template <class F>
  void withdraw(Time now, F&& which);
  bool hopeless(Time now) const;
  void run_patience(Time now);
  Time patience_end() const;
  std::size_t write(const SendCheck& send, MutableBytes out);
  std::size_t write(const SendOpener& send, MutableBytes out);
  std::size_t write(const SendKeepalive& send, MutableBytes out);
  std::size_t write(const SendResponse& send, MutableBytes out);
  template <class Send>
  std::optional<Output> transmit(Time now, const Send& send, MutableBytes out);

  const Policy* policy_;
  Rng* rng_;
  Role role_;
  std::uint64_t tie_breaker_;
  Credentials local_credentials_;
  stun::BoundedText<kMaxUfrag> remote_ufrag_;
  stun::IntegrityKey local_key_;
  std::optional<stun::IntegrityKey> remote_key_;
  LocalCandidates local_;
  RemoteCandidates remote_;
  Checklist checklist_;
  Outbox outbox_;
  Consent consent_;
  Counters counters_;
  bool local_ended_ = false, remote_ended_ = false;
  bool openers_due_ = false;
  bool ever_selected_ = false;
  bool failed_ = false;
  Time first_check_ = kNever;
  Time first_direct_ = kNever;  ///< when the first check of a direct pair left
  Time last_check_{};
  std::uint32_t nominations_ = 0;  ///< numbers given out as controlling side
  std::optional<std::uint16_t> selected_;
};

}  // namespace punchlab::ice
