#include "protocol/ice/agent.hpp"

#include "protocol/ice/core.hpp"

namespace punchlab::ice {

Agent::Agent(const Policy& policy, Role role, Rng& rng) : core_(std::make_unique<Core>(policy, role, rng)) {}
Agent::~Agent() = default;
Agent::Agent(Agent&&) noexcept = default;
Agent& Agent::operator=(Agent&&) noexcept = default;

const Credentials& Agent::local_credentials() const { return core_->local_credentials(); }
Role Agent::role() const { return core_->role(); }

std::optional<Candidate> Agent::add_host(Time, BaseId base, TransportAddress address) {
  return change().add_local(CandidateType::host, base, address, {});
}

std::optional<Candidate> Agent::add_server_reflexive(Time, BaseId base, TransportAddress mapped,
                                                     TransportAddress server) {
  return change().add_local(CandidateType::server_reflexive, base, mapped, server.address);
}

std::optional<Candidate> Agent::add_relayed(Time, BaseId base, TransportAddress relayed, TransportAddress server) {
  return change().add_local(CandidateType::relayed, base, relayed, server.address);
}

void Agent::know_relay(const IpAddress& host) { change().know_relay(host); }
void Agent::withdraw_base(Time now, BaseId base) { change().withdraw_base(now, base); }
void Agent::withdraw_remote(Time now, const TransportAddress& address) { change().withdraw_remote(now, address); }
void Agent::end_of_local_candidates(Time) { change().end_of_local_candidates(); }
void Agent::set_remote_credentials(const Credentials& credentials) {
  change().set_remote_credentials(ufrag_of(credentials), password_of(credentials));
}
bool Agent::set_remote_credentials(std::string_view ufrag, std::string_view password) {
  return change().set_remote_credentials(ufrag, password);
}
void Agent::add_remote(Time, const Candidate& candidate) { change().add_remote(candidate); }
void Agent::end_of_remote_candidates(Time) { change().end_of_remote_candidates(); }
void Agent::start(Time now, Time first_check) { change().start(std::max(now, first_check)); }

Verdict Agent::handle_stun(Time now, BaseId base, const TransportAddress& source, const stun::MessageView& message) {
  return change().handle_stun(now, base, source, message);
}

void Agent::handle_timeout(Time now) { change().handle_timeout(now); }

Output Agent::poll(Time now, MutableBytes out) {
  if (quiet_ && now < next_.at) return next_;
  const auto output = core_->poll(now, out);
  const auto* deadline = std::get_if<Deadline>(&output);
  quiet_ = deadline != nullptr;
  if (quiet_) next_ = *deadline;
  return output;
}

Core& Agent::change() {
  quiet_ = false;
  return *core_;
}

std::optional<Path> Agent::selected() const { return core_->selected(); }
bool Agent::in_doubt() const { return core_->in_doubt(); }
bool Agent::is_relayed(const TransportAddress& remote) const { return core_->is_relayed(remote); }
bool Agent::checks_concluded() const { return core_->checks_concluded(); }
const Counters& Agent::counters() const { return core_->counters(); }

}  // namespace punchlab::ice
