// TCP and TLS connections: framing, limits, the end of a connection (RFC 8656 sections 3.1 and 12.5).
#include <algorithm>

#include "protocol/relay/server.hpp"

namespace punchlab::relay {

void Server::handle_stream_opened(Time now, SocketId listener, SocketId stream, const TransportAddress& remote) {
  const auto* on = find_listener(listener);
  const bool valid = on != nullptr && is_stream(on->transport);
  if (valid && streams_.open(now, stream, {on->transport, on->local, remote}) != nullptr) {
    ++counters_.streams_opened;
    idle_deadline_ = std::min(idle_deadline_, now + config_.stream_patience);
    return;
  }
  ++counters_.streams_refused;
  closing_.push_back(stream);
}

std::size_t Server::handle_stream(Time now, SocketId socket, Bytes bytes) {
  auto* stream = streams_.find(socket);
  if (stream == nullptr) {
    ++counters_.unknown_socket;
    return bytes.size();
  }
  auto rest = bytes;
  while (!outbox_.room().empty()) {
    const auto status = stream->framer.next(rest);
    if (status == stun::FrameStatus::incomplete) return bytes.size();
    if (status == stun::FrameStatus::malformed) {
      ++counters_.streams_malformed;
      close_stream(now, *stream);
      return bytes.size();
    }
    handle_message(now, stream->flow, socket, stream->framer.frame());
  }
  return bytes.size() - rest.size();
}

void Server::handle_stream_whole(Time now, SocketId socket, Bytes bytes) {
  if (handle_stream(now, socket, bytes) == bytes.size()) return;
  ++counters_.overflows;  // with bytes missing, what follows would be read as something else
  if (auto* stream = streams_.find(socket)) close_stream(now, *stream);
}

void Server::handle_stream_closed(Time now, SocketId socket) {
  auto* stream = streams_.find(socket);
  if (stream == nullptr) return;
  turn_.close_flow(now, stream->flow);
  streams_.close(*stream);
}

void Server::close_stream(Time now, Stream& stream) {
  turn_.close_flow(now, stream.flow);
  closing_.push_back(stream.socket);
  streams_.close(stream);
}

/// The deadline may be early, of a stream that authenticated or went meanwhile; looking again then costs less than
/// looking at every stream for every datagram.
void Server::close_idle_streams(Time now) {
  if (now < idle_deadline_) return;
  idle_deadline_ = kNever;
  while (auto* stream = streams_.oldest_unauthenticated()) {
    if (now < stream->opened + config_.stream_patience) {
      idle_deadline_ = stream->opened + config_.stream_patience;
      return;
    }
    ++counters_.streams_idle;
    close_stream(now, *stream);
  }
}

}  // namespace punchlab::relay
