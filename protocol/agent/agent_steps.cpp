// What the agent does next, once something has come in or time has passed.
#include <algorithm>

#include "protocol/agent/agent.hpp"

namespace punchlab::agent {

void Agent::start_relay_clients(Time now) {
  relay_started_ = true;
  turn_done_ = !policy_->use_relay_candidates;
  rendezvous_.start(now);
}

void Agent::handle_timeout(Time now) {
  for (std::size_t i = 0; i < socket_count_; ++i)
    if (sockets_[i].gatherer) sockets_[i].gatherer->handle_timeout(now);
  turn_.handle_timeout(now);
  rendezvous_.handle_timeout(now);
  ice_.handle_timeout(now);
  signalling_.handle_timeout(now);
  if (now >= start_by_) start_checks(now, now);
  if (now >= give_up_at_) {
    give_up_at_ = kNever;
    if (!described_) fail(rendezvous_.registered() ? "peer-unavailable" : "relay-unreachable");
  }
  advance(now);
}

bool Agent::gathered() const {
  for (std::size_t i = 0; i < socket_count_; ++i)
    if (!sockets_[i].gathered) return false;
  return turn_done_;
}

void Agent::advance(Time now) {
  take_reflexive(now);
  if (!turn_started_ && !turn_done_ && credential_.ready()) {
    turn_started_ = true;
    turn_.start(now);  // ahead of the registration in the same flight: its relayed candidate is then in the answer
  }
  bool reflexive_known = true;
  for (std::size_t i = 0; i < socket_count_; ++i) reflexive_known &= sockets_[i].gathered;
  if (now >= offer_by_) offer_by_ = kNever;
  const bool may_offer = config_.role == Role::initiator && !signalling_.offered() && credential_.ready();
  if (may_offer && (reflexive_known || offer_by_ == kNever)) {
    local_.end_of_candidates = gathered();
    signalling_.offer(now, local_);
    local_changed_ = false;
  }
  if (local_changed_ && session_.established()) {
    local_.end_of_candidates = gathered();
    signalling_.update(now, local_);
    local_changed_ = false;
  }
  update_path(now);
}

void Agent::add_local(const std::optional<ice::Candidate>& candidate) {
  if (candidate && local_.add(*candidate)) local_changed_ = true;
}

void Agent::take_reflexive(Time now) {
  for (std::size_t i = 0; i < socket_count_; ++i) {
    auto& socket = sockets_[i];
    if (socket.gathered || !socket.gatherer || !socket.gatherer->done()) continue;
    socket.gathered = true;
    const ice::BaseId base{static_cast<std::uint8_t>(i)};
    if (const auto mapped = socket.gatherer->mapped())
      add_local(ice_.add_server_reflexive(now, base, *mapped, config_.relay));
    if (gathered()) ice_.end_of_local_candidates(now);
  }
}

void Agent::take_relayed(Time now, const turn::Allocated& allocated) {
  turn_done_ = true;
  add_local(ice_.add_relayed(now, kRelayedBase, allocated.relayed, config_.relay));
  if (gathered()) ice_.end_of_local_candidates(now);
}

void Agent::take_delivery(Time now, const rendezvous::PeerId& from, Bytes message) {
  if (from != rendezvous::PeerId::of(config_.peer)) {
    ++counters_.unexpected;
    return;
  }
  const auto handled = signalling_.handle(now, message);
  if (handled.verdict != session::Verdict::accepted && handled.verdict != session::Verdict::duplicate)
    ++counters_.unauthentic;
  if (handled.description) take_description(now, *handled.description);
}

void Agent::take_description(Time now, const rendezvous::Description& description) {
  const bool first = !described_;
  described_ = true;
  if (first) ice_.set_remote_credentials(description.credentials);
  for (const auto& candidate : description.candidates()) {
    ice_.add_remote(now, candidate);
    const bool reachable_from_relay = !candidate.address.address.is_private();
    if (policy_->use_relay_candidates && reachable_from_relay) turn_.permit(now, candidate.address.address);
    if (candidate.type != ice::CandidateType::relayed) continue;
    if (peer_relay_count_ < peer_relays_.size()) peer_relays_[peer_relay_count_++] = candidate.address.address;
    if (policy_->relay_first) paths_.set_early({ice::BaseId{0}, candidate.address, PathKind::relayed});
  }
  if (description.end_of_candidates) ice_.end_of_remote_candidates(now);
  if (!first) return;
  if (config_.role == Role::responder) {
    local_.end_of_candidates = gathered();
    signalling_.answer(now, local_, policy_->synchronised_start);
    local_changed_ = false;
  }
  if (policy_->synchronised_start)
    start_by_ = now + policy_->gather_rto * 4;
  else
    start_checks(now, now);
}

void Agent::start_checks(Time now, Time first_check) {
  start_by_ = kNever;
  if (checking_) return;
  checking_ = true;
  if (config_.role == Role::initiator) first_check += policy_->start_skew;
  ice_.start(now, std::max(now, first_check));
}

/// Follows the best route there is and says so when it changed.
void Agent::update_path(Time now) {
  if (const auto selected = ice_.selected())
    paths_.set_selected(Route{selected->base, selected->remote, selected->relayed() ? PathKind::relayed : PathKind::direct});
  else
    paths_.set_selected(std::nullopt);
  const auto route = session_.established() ? paths_.current() : std::nullopt;
  if (route == route_) return;
  route_ = route;
  path_kind_ = route ? route->kind : PathKind::none;
  if (route && route->base == kRelayedBase) turn_.bind_channel(now, route->remote);
  if (route) signalling_.settle();
  emit(PathChanged{path_kind_, route ? route->remote : TransportAddress{}});
  if (route && !connected_) {
    connected_ = true;
    emit(Connected{});
  }
}

void Agent::fail(const char* reason) {
  if (failed_ || path_kind_ != PathKind::none) return;
  failed_ = true;
  emit(ConnectionFailed{reason});
}

void Agent::emit(const Output& output) {
  if (pending_count_ == pending_.size()) return;  // the caller did not drain; each of these states is kept elsewhere
  pending_[(pending_head_ + pending_count_++) % pending_.size()] = output;
}

}  // namespace punchlab::agent
