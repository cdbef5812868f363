// Datagrams and messages in. Streams and outputs are in server_streams.cpp and server_poll.cpp.
#include "protocol/relay/server.hpp"

#include <algorithm>
#include <cassert>
#include <variant>

#include "protocol/relay/binding.hpp"

namespace punchlab::relay {

Server::Server(const Config& config, Rng& rng)
    : config_(config),
      credentials_(config_.realm, config_.users, config_.nonce_secret, config_.nonce_lifetime),
      turn_(config_.turn, rng),
      broker_(config_.broker, config_.reservations),
      streams_(config_.max_streams),
      outbox_(config_.max_queued) {}

void Server::add_socket(SocketId socket, Transport transport, const TransportAddress& local) {
  assert(!turn::is_relay_socket(socket) && find_listener(socket) == nullptr);
  listeners_.push_back({socket, transport, local});
  discovers_ = discovery_ready();
}

bool Server::discovery_ready() const {
  if (!config_.discovery) return false;
  for (std::size_t i = 0; i < 4; ++i)
    if (find_udp_listener(config_.discovery->at(i)) == nullptr) return false;
  return true;
}

const Server::Listener* Server::find_listener(SocketId socket) const {
  const auto it = std::ranges::find(listeners_, socket, &Listener::socket);
  return it == listeners_.end() ? nullptr : &*it;
}

const Server::Listener* Server::find_udp_listener(const TransportAddress& local) const {
  const auto same = [&](const Listener& l) { return l.transport == Transport::udp && l.local == local; };
  const auto it = std::ranges::find_if(listeners_, same);
  return it == listeners_.end() ? nullptr : &*it;
}

void Server::handle_datagram(Time now, const Datagram& datagram) {
  if (turn::is_relay_socket(datagram.socket)) {
    const auto room = outbox_.room();
    if (room.empty()) {
      ++counters_.overflows;
    } else {
      queue(turn_.handle_peer_datagram(now, datagram.socket, datagram.source, datagram.payload, room));
    }
    return;
  }
  const auto* listener = find_listener(datagram.socket);
  if (listener == nullptr) return handle_stream_whole(now, datagram.socket, datagram.payload);
  if (is_stream(listener->transport)) {
    ++counters_.unknown_socket;  // a listening socket itself carries nothing
    return;
  }
  handle_message(now, {Transport::udp, listener->local, datagram.source}, datagram.socket, datagram.payload);
}

void Server::handle_message(Time now, const FiveTuple& flow, SocketId socket, Bytes message) {
  ++counters_.received;
  const auto room = outbox_.room();
  if (room.empty()) {
    ++counters_.overflows;
  } else if (stun::looks_like_channel_data(message)) {
    queue(turn_.handle_channel_data(now, flow, message, room));
  } else if (const auto parsed = stun::MessageView::parse(message)) {
    handle_stun(now, flow, socket, *parsed, room);
  } else {
    ++counters_.malformed;
  }
}

void Server::handle_stun(Time now, const FiveTuple& flow, SocketId socket, const stun::MessageView& message,
                         MutableBytes out) {
  switch (message.message_class()) {
    case stun::Class::request: return handle_request(now, flow, socket, message, out);
    case stun::Class::indication:
      if (message.method() == stun::Method::send) return queue(turn_.handle_send(now, flow, message, out));
      // A Binding indication only keeps the NAT's mapping (RFC 8445 section 11).
      if (message.method() != stun::Method::binding) ++counters_.unknown_method;
      return;
    case stun::Class::success:
    case stun::Class::error: ++counters_.unexpected; return;
  }
}

void Server::handle_request(Time now, const FiveTuple& flow, SocketId socket, const stun::MessageView& request,
                            MutableBytes out) {
  if (request.method() == stun::Method::binding) return answer_binding_request(flow, socket, request, out);
  const bool for_turn = turn::Server::serves(request);
  if (!for_turn && !rendezvous::Broker::serves(request)) {
    ++counters_.unknown_method;  // discarded silently (RFC 8489 section 6.3)
    return;
  }
  const auto user = authenticate(now, flow, socket, request, out);
  if (!user) return;
  ++counters_.authenticated;
  if (auto* stream = is_stream(flow.transport) ? streams_.find(socket) : nullptr) stream->authenticated = true;
  if (for_turn) {
    queue(Transmit{socket, flow.remote, turn_.handle_request(now, flow, socket, request, *user, out)});
  } else {
    broker_.handle(now, flow, socket, request, *user);
  }
}

void Server::answer_binding_request(const FiveTuple& flow, SocketId socket, const stun::MessageView& request,
                                    MutableBytes out) {
  ++counters_.bindings;
  const bool discover = discovers_ && flow.transport == Transport::udp && config_.discovery->index_of(flow.local) < 4;
  if (!discover) return queue(Transmit{socket, flow.remote, answer_binding(request, flow.remote, out)});
  const auto answer = discovery::respond(*config_.discovery, flow.local, flow.remote, request, out);
  if (answer.size == 0) return;
  const auto* from = find_udp_listener(config_.discovery->at(answer.from));
  queue(Transmit{from->socket, answer.destination, answer.size});
}

/// Who sent it; or nothing, and the refusal is queued.
std::optional<stun::LongTermServer::Authenticated> Server::authenticate(Time now, const FiveTuple& flow, SocketId socket,
                                                                        const stun::MessageView& request,
                                                                        MutableBytes out) {
  const auto result = credentials_.authenticate(now, flow, request);
  if (const auto* user = std::get_if<stun::LongTermServer::Authenticated>(&result)) return *user;
  const auto refusal = std::get<stun::LongTermServer::Refused>(result);
  count_refusal(request, refusal.code);
  queue(Transmit{socket, flow.remote, credentials_.refuse(now, flow, request, refusal, out)});
  return std::nullopt;
}

void Server::count_refusal(const stun::MessageView& request, int code) {
  const bool signed_request =
      request.has(stun::Attribute::message_integrity) || request.has(stun::Attribute::message_integrity_sha256);
  if (code == 438) {
    ++counters_.stale_nonces;
  } else if (code == 400) {
    ++counters_.bad_requests;
  } else if (signed_request) {
    ++counters_.wrong_credentials;
  } else {
    ++counters_.challenged;
  }
}

/// `message` lies in the outbox's room already.
void Server::queue(const std::optional<Transmit>& message) {
  // Zero bytes are a datagram when a peer is sent them, and a response that did not fit otherwise.
  if (message && (message->size > 0 || turn::is_relay_socket(message->socket))) outbox_.push(*message);
}

void Server::reset() {
  turn_.reset();
  broker_ = rendezvous::Broker(config_.broker, config_.reservations);
  streams_.clear();
  outbox_.clear();
  closing_.clear();
  broker_deadline_ = idle_deadline_ = kNever;
  counters_ = {};
}

}  // namespace punchlab::relay
