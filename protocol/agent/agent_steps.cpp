// What the agent does next, once something has come in or time has passed.
#include <algorithm>
#include <utility>

#include "protocol/agent/agent.hpp"

namespace punchlab::agent {

void Agent::start_relay_clients(Time now) {
  quiet_ = false;
  relay_started_ = true;
  offer_by_ = now + policy_->gather_rto * 4;
  turn_done_ = !policy_->use_relay_candidates;
  rendezvous_.start(now);
}

void Agent::handle_timeout(Time now) {
  quiet_ = false;
  for (std::size_t i = 0; i < socket_count_; ++i)
    if (sockets_[i].gatherer) sockets_[i].gatherer->handle_timeout(now);
  turn_.handle_timeout(now);
  rendezvous_.handle_timeout(now);
  ice_.handle_timeout(now);
  signalling_.handle_timeout(now);
  if (greeting_timer_.due(now) == stun::Retransmission::Due::send) owes_greeting_ = true;
  if (now >= start_by_) start_checks(now, now);
  if (now >= give_up_at_) {
    give_up_at_ = kNever;
    if (!described_) fail(rendezvous_.registered() ? "peer-unavailable" : "relay-unreachable");
  }
  advance(now);
}

bool Agent::reflexive_known() const {
  for (std::size_t i = 0; i < socket_count_; ++i)
    if (!sockets_[i].gathered) return false;
  return true;
}

void Agent::advance(Time now) {
  take_reflexive(now);
  redial(now);
  try_transports(now);
  watch_allocation(now);
  if (!turn_started_ && !turn_done_ && credential_.ready()) {
    turn_started_ = true;
    turn_.start(now);  // ahead of the registration in the same flight: its relayed candidate is then in the answer
  }
  if (now >= offer_by_) offer_by_ = kNever;
  if (config_.role == Role::initiator && !signalling_.offered() && credential_.ready()) offer_when_ready(now);
  update_path(now);
  if (local_changed_ && session_.established()) {
    local_.end_of_candidates = gathered();
    signalling_.update(now, local_, std::exchange(relay_replaced_, false), owes_greeting_);
    local_changed_ = false;
  }
  conclude_loss(now);
}

/// On a stream the early path goes from allocation to allocation, so that the peer must know ours to let it in; over
/// UDP it goes from the socket, whose reflexive address is what the peer must know. Over IPv6 it may be either.
void Agent::offer_when_ready(Time now) {
  const bool v4 = config_.relay.address.is_v4();
  const bool ready = uses_stream() ? turn_done_ : reflexive_known() && (v4 || turn_done_);
  if (!ready && offer_by_ != kNever) return;
  local_.end_of_candidates = gathered();
  signalling_.offer(now, local_);
  local_changed_ = false;
}

/// After the loss of consent every pair was checked again. When none of them answers, nor one of candidates that came
/// since, the relayed routes that data came over before are gone as well.
void Agent::conclude_loss(Time now) {
  if (!ice_lost_ || now < lost_for_good_at_ || ice_.selected() || !ice_.checks_concluded()) return;
  ice_lost_ = false;
  lost_for_good_at_ = kNever;
  paths_.forget_all();
  update_path(now);
  fail("path-lost");
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
      add_local(ice_.add_server_reflexive(now, base, *mapped, *stun_server_for(socket.local.address.family())));
    if (gathered()) ice_.end_of_local_candidates(now);
  }
}

void Agent::take_relayed(Time now, const turn::Allocated& allocated) {
  turn_done_ = true;
  allocation_redial_.succeeded();
  stream_redial_.succeeded();
  if (std::exchange(allocated_once_, true)) {
    local_.remove(ice::CandidateType::relayed);
    relay_replaced_ = true;
  }
  for (std::size_t i = 0; i < permitted_count_; ++i)
    if (permitted_[i].family() == turn_.family()) turn_.permit(now, permitted_[i]);
  add_local(ice_.add_relayed(now, kRelayedBase, allocated.relayed, config_.relay));
  if (gathered()) ice_.end_of_local_candidates(now);
}

/// What the relay refused from the beginning stays refused. What stood and was lost is asked for again. An allocation
/// is IPv4 if the relay has any, so that of two peers that reach it over different families each can be sent to by the
/// other.
void Agent::lose_allocation(Time now, const turn::AllocationLost& lost) {
  if (lost.code == 440 && turn_.family() == Family::ipv4 && !config_.relay.address.is_v4()) {
    turn_.ask_for(Family::ipv6);
    return turn_.start(now);
  }
  turn_done_ = true;
  forget_allocation(now);
  if (!allocated_once_ || lost.code == 401 || lost.code == 300) return;
  if (lost.code == 486 || lost.code == 508) allocation_redial_.postpone(now);
  allocation_redial_.schedule(now);
}

void Agent::forget_allocation(Time now) {
  paths_.forget_base(kRelayedBase);
  ice_.withdraw_base(now, kRelayedBase);
}

/// The path is silent: perhaps because the relay has forgotten our allocation, which it says when it is asked.
void Agent::watch_allocation(Time now) {
  const bool doubt = ice_.in_doubt();
  if (doubt && !doubted_) turn_.refresh(now);
  doubted_ = doubt;
}

void Agent::doubt_allocation(Time now) {
  quiet_ = false;
  turn_.refresh(now);
}

void Agent::redial(Time now) {
  if (allocation_redial_.due(now) && !relay_closed_) turn_.start(now);
  if (!stream_redial_.due(now)) return;
  relay_choice_.retry(now);
}

void Agent::take_delivery(Time now, const rendezvous::PeerId& from, Bytes message) {
  if (from != rendezvous::PeerId::of(config_.peer)) {
    ++counters_.unexpected;
    return;
  }
  take_signal(now, message);
}

/// True when it was authentic and new.
bool Agent::take_signal(Time now, Bytes message) {
  const auto handled = signalling_.handle(now, message);
  if (handled.verdict != session::Verdict::accepted && handled.verdict != session::Verdict::duplicate)
    ++counters_.unauthentic;
  if (handled.description) take_description(now, *handled.description);
  return handled.verdict == session::Verdict::accepted;
}

void Agent::take_description(Time now, const rendezvous::Description& description) {
  const bool first = !described_;
  described_ = true;
  if (first) ice_.set_remote_credentials(description.credentials);
  if (!first) withdraw_peer_relays(now, description);
  for (const auto& candidate : description.candidates()) take_remote(now, candidate);
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

/// A relayed candidate that is new takes the place of those that came before and are not told any more: the peer's
/// allocation was lost. An old description that comes late tells nothing new.
void Agent::withdraw_peer_relays(Time now, const rendezvous::Description& description) {
  const auto told = description.candidates();
  const auto known = [&](const TransportAddress& a) {
    const auto end = peer_relays_.begin() + static_cast<std::ptrdiff_t>(peer_relay_count_);
    return std::find(peer_relays_.begin(), end, a) != end;
  };
  const auto is_new = [&](const ice::Candidate& c) {
    return c.type == ice::CandidateType::relayed && !known(c.address);
  };
  if (std::none_of(told.begin(), told.end(), is_new)) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < peer_relay_count_; ++i) {
    const auto relay = peer_relays_[i];
    const bool still = std::any_of(told.begin(), told.end(), [&](const auto& c) { return c.address == relay; });
    if (still)
      peer_relays_[kept++] = relay;
    else
      ice_.withdraw_remote(now, relay);
    if (!still) paths_.forget_remote(relay);
  }
  peer_relay_count_ = kept;
}

/// Kept for the next allocation, which has none.
void Agent::permit(Time now, const IpAddress& address) {
  if (address.family() == turn_.family()) turn_.permit(now, address);
  const auto end = permitted_.begin() + static_cast<std::ptrdiff_t>(permitted_count_);
  if (std::find(permitted_.begin(), end, address) == end && permitted_count_ < permitted_.size())
    permitted_[permitted_count_++] = address;
}

void Agent::take_remote(Time now, const ice::Candidate& candidate) {
  ice_.add_remote(now, candidate);
  const auto& address = candidate.address;
  if (policy_->use_relay_candidates && !address.address.is_private()) permit(now, address.address);
  if (candidate.type != ice::CandidateType::relayed) return;
  const auto end = peer_relays_.begin() + static_cast<std::ptrdiff_t>(peer_relay_count_);
  if (std::find(peer_relays_.begin(), end, address) == end && peer_relay_count_ < peer_relays_.size())
    peer_relays_[peer_relay_count_++] = address;
  // The responder let us in before it answered. We let it in only now, so it waits until it hears us.
  const auto base = early_base(address.address.family());
  if (config_.role == Role::initiator && base) paths_.set_early({*base, address, PathKind::relayed});
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
  const auto selected = ice_.selected();
  if (selected)
    paths_.set_selected(
        Route{selected->base, selected->remote, selected->relayed() ? PathKind::relayed : PathKind::direct});
  else
    paths_.set_selected(std::nullopt);
  const auto route = session_.established() ? paths_.current() : std::nullopt;
  if (selected) signalling_.settle();
  if (selected || paths_.heard()) greeting_timer_.stop();
  if (route == route_) return;
  route_ = route;
  path_kind_ = route ? route->kind : PathKind::none;
  if (!route) return;
  if (route->base == kRelayedBase) turn_.bind_channel(now, route->remote);
  failed_ = false;
  owes_failure_ = nullptr;
  if (std::exchange(connected_, true)) return;
  owes_connected_ = true;
  if (selected || paths_.heard()) return;
  owes_greeting_ = true;
  greeting_timer_.start(now);
}

void Agent::fail(const char* reason) {
  if (failed_ || path_kind_ != PathKind::none) return;
  failed_ = true;
  owes_failure_ = reason;
}

}  // namespace punchlab::agent
