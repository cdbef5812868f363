#include "protocol/agent/agent.hpp"

#include <algorithm>

namespace punchlab::agent {
namespace {

constexpr int kGreetings = 4;  ///< at most; the first thing heard ends them
/// Both sides bind their handshake to this (Noise section 5.3, prologue).
constexpr std::array<std::uint8_t, 11> kPrologue{'p', 'u', 'n', 'c', 'h', 'l', 'a', 'b', ' ', 'v', '1'};

session::Session make_session(const Config& config, Rng& rng) {
  const bool initiator = config.role == Role::initiator;
  if (!config.session)
    return session::Session::plaintext(initiator ? session::Role::initiator : session::Role::responder);
  if (initiator) return session::Session::initiator(*config.identity, config.peer, kPrologue, rng);
  return session::Session::responder(*config.identity, config.peer, kPrologue, rng);
}

ice::Role ice_role(Role role) { return role == Role::initiator ? ice::Role::controlling : ice::Role::controlled; }

}  // namespace

Agent::Agent(const Config& config, Rng& rng)
    : config_(config),
      policy_(config.policy),
      rng_(&rng),
      credential_(config.username, config.password),
      ice_(*policy_, ice_role(config.role), rng),
      turn_(*policy_, credential_, config.relay, config.relay_transport, rng),
      rendezvous_(*policy_, credential_, rendezvous::PeerId::of(config.identity->public_key()), rng),
      session_(make_session(config, rng)),
      signalling_(*policy_, rendezvous_, session_, rendezvous::PeerId::of(config.peer)),
      paths_(policy_->relay_first),
      relay_choice_(policy_->relay_wait),
      greeting_constants_{policy_->gather_rto * 2, kGreetings, 1, true} {
  local_.credentials = ice_.local_credentials();
}

void Agent::add_socket(SocketId socket, const TransportAddress& local) {
  if (socket_count_ < kMaxSockets) sockets_[socket_count_++] = {socket, local, std::nullopt, false};
}

void Agent::connect(Time now) {
  for (std::size_t i = 0; i < socket_count_; ++i) {
    auto& socket = sockets_[i];
    const auto candidate = ice_.add_host(now, ice::BaseId{static_cast<std::uint8_t>(i)}, socket.local);
    if (policy_->use_host_candidates) add_local(candidate);
    const auto family = socket.local.address.family();
    socket.gathered = stun_server_for(family) == nullptr;
    if (!socket.gathered) socket.gatherer.emplace(*policy_, *rng_).start(now);
    if (family == config_.relay.address.family() && relay_socket_ == SocketId{}) relay_socket_ = socket.id;
  }
  give_up_at_ = now + policy_->patience;
  quiet_ = false;
  choose_transports(now);
}

void Agent::handle_datagram(Time now, const Datagram& datagram) {
  const auto base = base_of(datagram.socket);
  if (!base) {
    ++counters_.unknown_socket;
    return;
  }
  route(now, *base, datagram.source, datagram.payload);
  if (!quiet_) advance(now);
}

std::optional<ice::BaseId> Agent::base_of(SocketId socket) const {
  for (std::size_t i = 0; i < socket_count_; ++i)
    if (sockets_[i].id == socket) return ice::BaseId{static_cast<std::uint8_t>(i)};
  return std::nullopt;
}

/// Tells apart what shares a socket (RFC 7983): ChannelData, STUN, the session's own packets.
void Agent::route(Time now, ice::BaseId base, const TransportAddress& source, Bytes payload) {
  const bool from_relay = base != kRelayedBase && source == config_.relay;
  if (from_relay && stun::looks_like_channel_data(payload)) {
    const auto inner = turn_.unwrap(payload);
    if (inner) return route(now, kRelayedBase, inner->peer, inner->data);
    ++counters_.malformed;
  } else if (stun::looks_like_stun(payload)) {
    route_stun(now, base, source, payload);
  } else if (session::kind_of(payload)) {
    route_session(now, base, source, payload);
  } else {
    ++counters_.malformed;
  }
}

void Agent::route_stun(Time now, ice::BaseId base, const TransportAddress& source, Bytes payload) {
  const auto message = stun::MessageView::parse(payload);
  if (!message) {
    ++counters_.malformed;
    return;
  }
  quiet_ = quiet_ && message->is(stun::Class::indication, stun::Method::data);  // what that holds decides
  if (base != kRelayedBase && hear_binding(source, *message)) return;
  if (base != kRelayedBase && source == config_.relay && message->method() != stun::Method::binding)
    return route_relay_message(now, *message);
  if (message->method() == stun::Method::binding)
    ice_.handle_stun(now, base, source, *message);
  else
    ++counters_.unexpected;
}

void Agent::route_relay_message(Time now, const stun::MessageView& message) {
  if (message.is(stun::Class::indication, stun::Method::data)) {
    const auto inner = turn_.unwrap(message);
    if (inner) return route(now, kRelayedBase, inner->peer, inner->data);
    ++counters_.malformed;
    return;
  }
  if (turn_.handle_message(now, message) || rendezvous_.handle_message(now, message)) return hear_over_udp();
  ++counters_.unexpected;
}

/// The peer's allocation may be known from its checks only, when the news of it was lost.
PathKind Agent::kind_of(ice::BaseId base, const TransportAddress& source) const {
  const auto end = peer_relays_.begin() + static_cast<std::ptrdiff_t>(peer_relay_count_);
  const auto same_host = [&](const TransportAddress& a) { return a.address == source.address; };
  const bool relayed =
      base == kRelayedBase || std::any_of(peer_relays_.begin(), end, same_host) || ice_.is_relayed(source);
  return relayed ? PathKind::relayed : PathKind::direct;
}

void Agent::route_session(Time now, ice::BaseId base, const TransportAddress& source, Bytes payload) {
  const auto kind = session::kind_of(payload);
  const bool relayed = kind_of(base, source) == PathKind::relayed;
  // Data on a path that is known concerns no part: most datagrams are such.
  quiet_ = quiet_ && kind == session::Kind::data && session_.established();
  if (kind == session::Kind::signal && relayed) {  // the greeting of an early path
    if (take_signal(now, payload)) paths_.heard_on({base, source, PathKind::relayed});
    return;
  }
  if (kind != session::Kind::data) {
    ++counters_.unexpected;  // handshakes come through the rendezvous
    return;
  }
  const auto opened = session_.open(payload, received_);
  if (opened.verdict != session::Verdict::accepted) {
    ++counters_.unauthentic;
    return;
  }
  received_kind_ = relayed ? PathKind::relayed : PathKind::direct;
  received_size_ = opened.size;
  has_received_ = true;
  if (relayed && paths_.heard_on({base, source, PathKind::relayed})) quiet_ = false;
}

std::optional<Transmit> Agent::seal(Time now, Bytes plaintext, MutableBytes out) {
  if (!route_ || plaintext.size() > kMaxPayload) return std::nullopt;
  return seal_on(now, *route_, session::Kind::data, plaintext, out);
}

std::optional<Transmit> Agent::seal_relayed(Time now, Bytes plaintext, MutableBytes out) {
  if (!paths_.relayed() || plaintext.size() > kMaxPayload) return std::nullopt;
  return seal_on(now, *paths_.relayed(), session::Kind::data, plaintext, out);
}

std::optional<Transmit> Agent::seal_on(Time now, const Route& route, session::Kind kind, Bytes plaintext,
                                       MutableBytes out) {
  const auto size = session_.seal(kind, plaintext, route.base == kRelayedBase ? MutableBytes{scratch_} : out);
  if (size == 0) return std::nullopt;
  if (route.base != kRelayedBase) return Transmit{sockets_[route.base.value].id, route.remote, size, 0};
  if (!turn_.has_channel(route.remote)) {
    turn_.bind_channel(now, route.remote);
    quiet_ = false;
  }
  const auto wrapped = turn_.wrap(route.remote, {scratch_.data(), size}, out);
  if (wrapped == 0) return std::nullopt;
  return to_relay(wrapped);
}

bool Agent::concluded() const {
  return failed_ || path_kind_ == PathKind::direct || (checking_ && (ice_failed_ || ice_.checks_concluded()));
}

}  // namespace punchlab::agent
