#include "protocol/agent/plain_agent.hpp"

#include <algorithm>
#include <utility>

namespace punchlab::agent {

PlainAgent::PlainAgent(const PlainConfig& config, Rng& rng)
    : config_(config),
      credential_(config.turn ? config.turn->username : "", config.turn ? config.turn->password : ""),
      ice_(*config.policy, config.role, rng),
      reflexive_done_(!config.stun || config.relayed_only),
      turn_done_(!config.turn) {
  if (config.stun) ice_.know_relay(config.stun->address);
  if (config.turn) ice_.know_relay(config.turn->address.address);
  if (!reflexive_done_) gatherer_.emplace(*config.policy, rng);
  if (config.turn) turn_.emplace(*config.policy, credential_, config.turn->address, config.turn->transport, rng);
}

void PlainAgent::connect(Time now, const TransportAddress& local) {
  if (!config_.relayed_only) tell(ice_.add_host(now, kSocketBase, local));
  if (gatherer_) gatherer_->start(now);
  if (turn_ && !over_stream()) turn_->start(now);
  owes_stream_ = over_stream();
  conclude_gathering(now);
}

void PlainAgent::handle_stream_opened(Time now) {
  framer_.emplace();
  turn_->start(now);
}

std::size_t PlainAgent::handle_stream(Time now, Bytes bytes) {
  const auto given = bytes.size();
  if (!framer_) return given;
  const auto status = framer_->next(bytes);
  if (status == stun::FrameStatus::complete) route(now, kStreamBase, turn_->server(), framer_->frame());
  if (status != stun::FrameStatus::malformed) return given - bytes.size();
  owes_close_ = true;
  handle_stream_closed(now);
  return given;
}

void PlainAgent::handle_stream_closed(Time now) {
  framer_.reset();
  turn_->abandon();
  ice_.withdraw_base(now, kRelayedBase);
  if (!std::exchange(turn_done_, true)) conclude_gathering(now);
}

void PlainAgent::tell(const std::optional<ice::Candidate>& candidate) {
  if (candidate) untold_.push_back(*candidate);
}

std::optional<ice::Candidate> PlainAgent::next_candidate() {
  if (untold_.empty()) return std::nullopt;
  const auto candidate = untold_.front();
  untold_.pop_front();
  return candidate;
}

void PlainAgent::take_reflexive(Time now) {
  if (reflexive_done_ || !gatherer_->done()) return;
  reflexive_done_ = true;
  if (const auto mapped = gatherer_->mapped())
    tell(ice_.add_server_reflexive(now, kSocketBase, *mapped, *config_.stun));
  conclude_gathering(now);
}

void PlainAgent::conclude_gathering(Time now) {
  if (gathered()) ice_.end_of_local_candidates(now);
}

bool PlainAgent::set_remote_credentials(Time now, std::string_view ufrag, std::string_view password) {
  if (!ice_.set_remote_credentials(ufrag, password)) return false;
  ice_.start(now, now);
  return true;
}

/// What the peer tells may change the types of the selected path's candidates.
template <class F>
void PlainAgent::hear(F&& command) {
  const auto before = ice_.selected();
  command();
  renamed_ = renamed_ || ice_.selected() != before;
}

void PlainAgent::end_of_remote_candidates(Time now) {
  hear([&] { ice_.end_of_remote_candidates(now); });
}

void PlainAgent::add_remote(Time now, const ice::Candidate& candidate) {
  hear([&] { ice_.add_remote(now, candidate); });
  if (turn_ && !candidate.address.address.is_private()) turn_->permit(now, candidate.address.address);
}

void PlainAgent::handle_datagram(Time now, const Datagram& datagram) {
  route(now, kSocketBase, datagram.source, datagram.payload);
}

/// Tells apart what shares the socket (RFC 7983): ChannelData, STUN, and all else, which is the application's.
void PlainAgent::route(Time now, ice::BaseId base, const TransportAddress& source, Bytes payload) {
  if (from_turn_server(base, source) && stun::looks_like_channel_data(payload)) {
    if (const auto inner = turn_->unwrap(payload)) route(now, kRelayedBase, inner->peer, inner->data);
    return;
  }
  if (base == kStreamBase && !stun::looks_like_stun(payload)) return;
  if (stun::looks_like_stun(payload)) {
    if (const auto message = stun::MessageView::parse(payload)) route_stun(now, base, source, *message);
    return;
  }
  const bool relayed = base == kRelayedBase || ice_.is_relayed(source);
  received_kind_ = relayed ? PathKind::relayed : PathKind::direct;
  received_size_ = std::min(payload.size(), received_.size());
  std::copy_n(payload.begin(), received_size_, received_.begin());
  has_received_ = true;
}

void PlainAgent::route_stun(Time now, ice::BaseId base, const TransportAddress& source,
                            const stun::MessageView& message) {
  if (base == kSocketBase && gatherer_ && source == config_.stun && gatherer_->handle_response(message))
    return take_reflexive(now);
  if (from_turn_server(base, source) && message.method() != stun::Method::binding) {
    if (const auto inner = turn_->unwrap(message)) return route(now, kRelayedBase, inner->peer, inner->data);
    turn_->handle_message(now, message);
    return;
  }
  if (base == kStreamBase) return;  // peers do not speak on it
  ice_.handle_stun(now, base, source, message);
}

void PlainAgent::handle_timeout(Time now) {
  if (gatherer_) gatherer_->handle_timeout(now);
  if (turn_) turn_->handle_timeout(now);
  ice_.handle_timeout(now);
  take_reflexive(now);
}

Output PlainAgent::poll(Time now, MutableBytes out) {
  if (std::exchange(has_received_, false)) {
    std::copy_n(received_.begin(), received_size_, out.begin());
    return Received{received_kind_, received_size_};
  }
  if (std::exchange(owes_close_, false)) return CloseSocket{kTurnStream};
  if (std::exchange(owes_stream_, false)) return OpenSocket{kTurnStream, turn_->transport(), {}, turn_->server()};
  if (std::exchange(renamed_, false)) return path_changed(now);
  do {
    again_ = false;
    if (const auto output = poll_gatherer(out)) return *output;
    if (const auto output = poll_turn(now, out)) return *output;
    if (const auto output = poll_ice(now, out)) return *output;
  } while (again_);
  Deadline deadline{std::min(turn_deadline_, ice_deadline_), turn_deadline_ < ice_deadline_ ? "TURN" : "ICE"};
  if (gatherer_ && gatherer_->next() < deadline.at) deadline = {gatherer_->next(), "gathering"};
  deadline.at = std::max(deadline.at, now + Duration{1});
  return deadline;
}

std::optional<Output> PlainAgent::poll_gatherer(MutableBytes out) {
  const auto size = gatherer_ ? gatherer_->poll(out) : 0;
  return size > 0 ? std::optional<Output>(Transmit{kSocket, *config_.stun, size, 0}) : std::nullopt;
}

std::optional<Output> PlainAgent::poll_turn(Time now, MutableBytes out) {
  if (!turn_) return std::nullopt;
  const auto event = turn_->poll(now, out);
  if (const auto* idle = std::get_if<Deadline>(&event)) {
    turn_deadline_ = idle->at;
    return std::nullopt;
  }
  if (const auto* send = std::get_if<turn::Send>(&event))
    return Transmit{turn_socket(), turn_->server(), send->size, 0};
  again_ = true;
  if (const auto* allocated = std::get_if<turn::Allocated>(&event)) {
    ice_.know_relay(allocated->relayed.address);
    tell(ice_.add_relayed(now, kRelayedBase, allocated->relayed, turn_->server()));
  }
  if (std::holds_alternative<turn::AllocationLost>(event)) ice_.withdraw_base(now, kRelayedBase);
  if (!std::exchange(turn_done_, true)) conclude_gathering(now);
  return std::nullopt;
}

std::optional<Output> PlainAgent::poll_ice(Time now, MutableBytes out) {
  const auto event = ice_.poll(now, scratch_);
  if (const auto* idle = std::get_if<Deadline>(&event)) {
    ice_deadline_ = idle->at;
    return std::nullopt;
  }
  again_ = true;
  if (const auto* transmit = std::get_if<ice::Transmit>(&event)) {
    auto sent = send_from(transmit->base, transmit->destination, {scratch_.data(), transmit->size}, out);
    if (sent && transmit->base == kSocketBase) sent->ttl = transmit->ttl;
    return sent ? std::optional<Output>(*sent) : std::nullopt;
  }
  if (std::holds_alternative<ice::Selected>(event) || std::holds_alternative<ice::Lost>(event))
    return path_changed(now);
  if (const auto* failed = std::get_if<ice::Failed>(&event)) return ConnectionFailed{failed->reason};
  return std::nullopt;
}

Output PlainAgent::path_changed(Time now) {
  const auto path = ice_.selected();
  if (!path) return PathChanged{};
  if (path->base == kRelayedBase) turn_->bind_channel(now, path->remote);
  return PathChanged{path->relayed() ? PathKind::relayed : PathKind::direct, path->remote};
}

std::optional<Transmit> PlainAgent::send(Time now, Bytes data, MutableBytes out) {
  const auto path = ice_.selected();
  if (!path || data.size() > scratch_.size()) return std::nullopt;
  if (path->base == kRelayedBase && !turn_->has_channel(path->remote)) turn_->bind_channel(now, path->remote);
  return send_from(path->base, path->remote, data, out);
}

std::optional<Transmit> PlainAgent::send_from(ice::BaseId base, const TransportAddress& remote, Bytes bytes,
                                              MutableBytes out) {
  if (base == kSocketBase) {
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return Transmit{kSocket, remote, bytes.size(), 0};
  }
  if (!turn_->knows(remote.address)) return std::nullopt;  // the relay would drop it
  const auto size = turn_->wrap(remote, bytes, out);
  return size > 0 ? std::optional(Transmit{turn_socket(), turn_->server(), size, 0}) : std::nullopt;
}

}  // namespace punchlab::agent
