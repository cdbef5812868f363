// How the agent reaches its relay: over UDP, or over a stream where UDP gets no answer.
#include <algorithm>

#include "protocol/agent/agent.hpp"

namespace punchlab::agent {
namespace {

constexpr std::size_t index_of(Transport stream) { return stream == Transport::tls ? 1 : 0; }

}  // namespace

std::optional<Transport> Agent::stream_of(SocketId socket) {
  if (socket == kTcpSocket) return Transport::tcp;
  if (socket == kTlsSocket) return Transport::tls;
  return std::nullopt;
}

const TransportAddress& Agent::relay_at(Transport transport) const {
  if (transport == Transport::tcp && config_.relay_tcp) return *config_.relay_tcp;
  if (transport == Transport::tls && config_.relay_tls) return *config_.relay_tls;
  return config_.relay;
}

/// Whom a socket of this family asks for its server-reflexive address; null: nobody.
const TransportAddress* Agent::stun_server_for(Family family) const {
  if (family == config_.relay.address.family()) return &config_.relay;
  const auto& other = config_.relay_other_family;
  return other && other->address.family() == family ? &*other : nullptr;
}

/// True for the answer of a STUN server to one of the gatherers.
bool Agent::hear_binding(const TransportAddress& source, const stun::MessageView& message) {
  if (source != config_.relay && source != config_.relay_other_family) return false;
  for (std::size_t i = 0; i < socket_count_; ++i) {
    if (!sockets_[i].gatherer || !sockets_[i].gatherer->handle_response(message)) continue;
    if (source == config_.relay) hear_over_udp();
    return true;
  }
  return false;
}

/// What sends to a relayed candidate of the peer before any check: the socket whose reflexive address the peer was told
/// and let in. Over a stream, and where only that socket's family is another one, it is the allocation.
std::optional<ice::BaseId> Agent::early_base(Family family) const {
  for (std::size_t i = 0; i < socket_count_ && !uses_stream(); ++i)
    if (sockets_[i].id == relay_socket_ && sockets_[i].local.address.family() == family)
      return ice::BaseId{static_cast<std::uint8_t>(i)};
  return turn_.family() == family ? std::optional(kRelayedBase) : std::nullopt;
}

/// Those of the policy at which the relay listens. A transport that the caller insists on is the only one.
void Agent::choose_transports(Time now) {
  if (is_stream(config_.relay_transport)) {
    relay_choice_.add(config_.relay_transport);
  } else {
    for (const auto transport : policy_->relay_transports.in_order()) {
      const bool listens =
          transport == Transport::udp || (transport == Transport::tcp ? config_.relay_tcp : config_.relay_tls);
      if (listens) relay_choice_.add(transport);
    }
  }
  relay_choice_.start(now);
  if (uses_stream()) relay_socket_ = socket_of(*relay_choice_.chosen());
  try_transports(now);
}

void Agent::try_transports(Time now) {
  while (const auto transport = relay_choice_.due(now)) {
    if (is_stream(*transport))
      owes_stream_[index_of(*transport)] = again_ = true;
    else
      start_relay_clients(now);
  }
}

/// The relay answered before any stream to it was open.
void Agent::hear_over_udp() {
  if (relay_choice_.chosen()) return;
  relay_choice_.choose(Transport::udp);
  leave_other_streams();
}

void Agent::leave_other_streams() {
  for (const auto stream : kStreams) {
    if (!relay_choice_.under_way(stream)) continue;
    if (owes_stream_[index_of(stream)])
      owes_stream_[index_of(stream)] = false;
    else
      owes_close_[index_of(stream)] = true;
  }
}

/// What was asked of the relay over UDP, without an answer, is asked again over the stream.
void Agent::handle_stream_opened(Time now, SocketId socket) {
  const auto transport = stream_of(socket);
  if (!transport) return;
  const bool chosen_before = relay_choice_.chosen() == transport;
  if (chosen_before ? relay_started_ && !relay_closed_ : !relay_choice_.choose(*transport)) return;
  if (!chosen_before) leave_other_streams();
  relay_socket_ = socket;
  relay_closed_ = false;
  framer_.emplace();
  turn_.use(*transport);
  turn_started_ = false;
  start_relay_clients(now);
}

void Agent::handle_stream_closed(Time now, SocketId socket) {
  const auto transport = stream_of(socket);
  if (!transport) return;
  if (relay_choice_.chosen() == transport) return close_stream(now);
  quiet_ = false;
  if (relay_choice_.failed(now, *transport)) stream_redial_.schedule(now + Redial::kFirstWait);
  advance(now);
}

/// A stream that had stood is dialled again before anybody is told; one that cannot be opened is a failure meanwhile.
void Agent::close_stream(Time now) {
  const bool stood = relay_started_ && !relay_closed_;
  relay_closed_ = turn_done_ = true;
  quiet_ = false;
  turn_.abandon();
  forget_allocation(now);
  update_path(now);
  const bool again = stream_redial_.schedule(now);
  if (!stood || !again) fail("relay-unreachable");
}

/// One frame of the stream to the relay is handled like a datagram from it.
std::size_t Agent::handle_stream(Time now, SocketId socket, Bytes bytes) {
  const auto given = bytes.size();
  if (socket != relay_socket_ || !uses_stream() || relay_closed_) {
    ++counters_.unknown_socket;
    return given;
  }
  const auto status = framer_->next(bytes);
  if (status == stun::FrameStatus::malformed) {
    ++counters_.malformed;
    owes_close_[index_of(*relay_choice_.chosen())] = true;
    close_stream(now);
    return given;
  }
  if (status == stun::FrameStatus::complete) {
    route(now, ice::BaseId{0}, config_.relay, framer_->frame());
    if (!quiet_) advance(now);
  }
  return given - bytes.size();
}

}  // namespace punchlab::agent
