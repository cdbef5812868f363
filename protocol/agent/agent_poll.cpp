// What leaves the agent: the outputs of its parts, one at a time, wrapped for the way they go.
#include <algorithm>
#include <utility>

#include "protocol/agent/agent.hpp"

namespace punchlab::agent {
namespace {

/// A lost path may come back by new allocations. Both sides have noticed within half the consent timeout, and a relay
/// that forgot the peer hears of it again at its next keepalive.
constexpr Duration kLossPatience = std::chrono::seconds{20};

}  // namespace

Output Agent::poll(Time now, MutableBytes out) {
  do {
    again_ = false;
    if (const auto output = poll_owed(now, out)) return *output;
    if (quiet_ && now < next_.at) return next_;  // no part has anything to say before its deadline
    if (const auto output = poll_gatherers(out)) return *output;
    if (const auto output = poll_turn(now, out)) return *output;
    if (const auto output = poll_rendezvous(now, out)) return *output;
    if (const auto output = poll_ice(now, out)) return *output;
    if (again_) advance(now);
  } while (again_);
  quiet_ = true;
  const auto next = deadline(now);
  next_ = next;
  return next;
}

/// What happened, in an order that makes sense to a caller who hears all of it at once.
std::optional<Output> Agent::poll_owed(Time now, MutableBytes out) {
  for (std::size_t i = 0; i < kStreams.size(); ++i)
    if (std::exchange(owes_close_[i], false)) return CloseSocket{socket_of(kStreams[i])};
  for (std::size_t i = 0; i < kStreams.size(); ++i)
    if (std::exchange(owes_stream_[i], false))
      return OpenSocket{socket_of(kStreams[i]), kStreams[i], {}, relay_at(kStreams[i])};
  if (has_received_) {
    has_received_ = false;
    std::copy_n(received_.begin(), received_size_, out.begin());
    return Received{received_kind_, received_size_};
  }
  if (route_ != told_route_) {
    told_route_ = route_;
    return PathChanged{path_kind_, route_ ? route_->remote : TransportAddress{}};
  }
  if (std::exchange(owes_connected_, false)) return Connected{};
  if (owes_failure_ != nullptr) return ConnectionFailed{std::exchange(owes_failure_, nullptr)};
  return poll_greeting(now, out);
}

/// On the early path the peer hears from us before we have anything to say: then it knows that it may answer there.
std::optional<Output> Agent::poll_greeting(Time now, MutableBytes out) {
  if (!std::exchange(owes_greeting_, false) || !route_) return std::nullopt;
  std::array<std::uint8_t, rendezvous::Description::kMaxSize> encoded;
  const auto sent = seal_on(now, *route_, session::Kind::signal, {encoded.data(), local_.write(encoded)}, out);
  return sent ? std::optional<Output>(*sent) : std::nullopt;
}

std::optional<Output> Agent::poll_gatherers(MutableBytes out) {
  for (std::size_t i = 0; i < socket_count_; ++i) {
    auto& socket = sockets_[i];
    if (!socket.gatherer) continue;
    if (const auto size = socket.gatherer->poll(out); size > 0) {
      const auto* server = stun_server_for(socket.local.address.family());
      return Transmit{socket.id, *server, size, 0};
    }
  }
  return std::nullopt;
}

std::optional<Output> Agent::poll_turn(Time now, MutableBytes out) {
  if (relay_closed_) {
    turn_deadline_ = kNever;
    return std::nullopt;
  }
  const auto event = turn_.poll(now, out);
  if (const auto* idle = std::get_if<Deadline>(&event)) {
    turn_deadline_ = idle->at;
    return std::nullopt;
  }
  if (const auto* send = std::get_if<turn::Send>(&event)) return to_relay(send->size);
  again_ = true;
  if (const auto* allocated = std::get_if<turn::Allocated>(&event)) take_relayed(now, *allocated);
  if (const auto* lost = std::get_if<turn::AllocationLost>(&event)) lose_allocation(now, *lost);
  return std::nullopt;
}

std::optional<Output> Agent::poll_rendezvous(Time now, MutableBytes out) {
  if (relay_closed_) {
    rendezvous_deadline_ = kNever;
    return std::nullopt;
  }
  const auto event = rendezvous_.poll(now, out);
  if (const auto* idle = std::get_if<Deadline>(&event)) {
    rendezvous_deadline_ = idle->at;
    return std::nullopt;
  }
  if (const auto* send = std::get_if<rendezvous::Send>(&event)) return to_relay(send->size);
  again_ = true;
  if (const auto* delivered = std::get_if<rendezvous::Delivered>(&event)) {
    std::array<std::uint8_t, rendezvous::Client::kMaxPayload> message;
    std::copy_n(out.begin(), delivered->size, message.begin());
    take_delivery(now, delivered->from, {message.data(), delivered->size});
  }
  if (std::holds_alternative<rendezvous::Registered>(event)) {
    stream_redial_.succeeded();
    if (!std::exchange(registered_once_, true)) give_up_at_ = now + policy_->patience;
  }
  const auto* start = std::get_if<rendezvous::StartIn>(&event);
  if (start && described_ && start->peer == rendezvous::PeerId::of(config_.peer)) start_checks(now, start->at);
  if (const auto* unavailable = std::get_if<rendezvous::Unavailable>(&event); unavailable && unavailable->code == 401) {
    signalling_.stop();
    fail("credential-refused");
  }
  return std::nullopt;
}

std::optional<Output> Agent::poll_ice(Time now, MutableBytes out) {
  const auto event = ice_.poll(now, scratch_);
  if (const auto* idle = std::get_if<Deadline>(&event)) {
    ice_deadline_ = idle->at;
    return std::nullopt;
  }
  again_ = true;
  if (const auto* transmit = std::get_if<ice::Transmit>(&event)) {
    auto sent = send_from(transmit->base, transmit->destination, {scratch_.data(), transmit->size}, out);
    if (sent && transmit->base != kRelayedBase) sent->ttl = transmit->ttl;
    return sent ? std::optional<Output>(*sent) : std::nullopt;
  }
  if (std::holds_alternative<ice::Selected>(event)) {
    ice_lost_ = false;
    lost_for_good_at_ = kNever;
  }
  if (std::holds_alternative<ice::Lost>(event)) {
    if (!std::exchange(ice_lost_, true)) lost_for_good_at_ = now + kLossPatience;
    turn_.refresh(now);
  }
  if (std::holds_alternative<ice::Failed>(event)) {
    ice_failed_ = true;
    paths_.forget_early();
    update_path(now);
    fail("no-path");
  }
  return std::nullopt;
}

std::optional<Transmit> Agent::send_from(ice::BaseId base, const TransportAddress& remote, Bytes bytes,
                                         MutableBytes out) {
  if (base == kRelayedBase) {
    if (relay_closed_ || !turn_.knows(remote.address)) return std::nullopt;  // the relay would drop it
    const auto size = turn_.wrap(remote, bytes, out);
    return size > 0 ? std::optional(to_relay(size)) : std::nullopt;
  }
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return Transmit{sockets_[base.value].id, remote, bytes.size(), 0};
}

Deadline Agent::deadline(Time now) const {
  Deadline earliest{kNever, "idle"};
  const auto consider = [&](Time at, const char* reason) {
    if (at < earliest.at) earliest = {at, reason};
  };
  for (std::size_t i = 0; i < socket_count_; ++i)
    if (sockets_[i].gatherer) consider(sockets_[i].gatherer->next(), "gathering");
  consider(turn_deadline_, "TURN");
  consider(rendezvous_deadline_, "rendezvous");
  consider(ice_deadline_, "ICE");
  consider(signalling_.next(), "signalling");
  consider(greeting_timer_.next(), "greeting");
  consider(offer_by_, "offer");
  consider(start_by_, "start of checks");
  consider(give_up_at_, "patience");
  if (now < lost_for_good_at_) consider(lost_for_good_at_, "loss of the path");
  consider(allocation_redial_.next(), "allocating anew");
  consider(stream_redial_.next(), "dialling the relay anew");
  consider(relay_choice_.next(), "another way to the relay");
  earliest.at = std::max(earliest.at, now + Duration{1});
  return earliest;
}

}  // namespace punchlab::agent
