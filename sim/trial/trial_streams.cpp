// Streams between the peers' hosts and the relay's: who knows which by what name, and what comes over them.
#include <algorithm>

#include "sim/trial/trial.hpp"

namespace punchlab::trial {
namespace {

constexpr std::uint32_t kFirstRelayStream = 1000;  ///< above the relay's listening sockets

}  // namespace

std::vector<Trial::HostStream>& Trial::streams_of(HostId host) {
  return host == HostId::relay ? relay_streams_ : peer(host).streams;
}

void Trial::open_stream(Time now, HostId host, const OpenSocket& open) {
  auto& p = peer(host);
  const auto port = static_cast<std::uint16_t>(p.socket.port + ++p.streams_begun);
  const auto stream = network_->connect(host, {p.socket.address, port}, open.remote);
  if (stream != 0) p.streams.push_back({open.socket, stream});
  else p.agent->handle_stream_closed(now, open.socket);
}

void Trial::close_stream(HostId host, SocketId socket) {
  auto& streams = streams_of(host);
  const auto found = std::ranges::find(streams, socket, &HostStream::socket);
  if (found == streams.end()) return;
  network_->close_stream(found->stream);
  streams.erase(found);
}

/// What a stream has no room for is dropped whole, as TURN drops what it cannot relay.
bool Trial::send_on_stream(HostId host, SocketId socket, Bytes bytes) {
  const auto& streams = streams_of(host);
  const auto found = std::ranges::find(streams, socket, &HostStream::socket);
  return found != streams.end() && network_->send_stream(found->stream, bytes);
}

void Trial::on_stream_opened(Time now, HostId host, StreamId stream, const TransportAddress& local,
                             const TransportAddress& remote) {
  if (host == HostId::relay) {
    const SocketId socket{kFirstRelayStream + stream};
    relay_streams_.push_back({socket, stream});
    relay_->handle_stream_opened(now, local.port == kRelayTlsPort ? RelayHost::kTls : RelayHost::kTcp, socket, remote);
    return drain_relay(now);
  }
  auto& p = peer(host);
  const auto found = std::ranges::find(p.streams, stream, &HostStream::stream);
  if (found == p.streams.end()) return;
  p.agent->handle_stream_opened(now, found->socket);
  drain_peer(now, host);
}

void Trial::on_stream(Time now, HostId host, StreamId stream, Bytes bytes) {
  witness_.on_stream(now, host, bytes);
  const auto& streams = streams_of(host);
  const auto found = std::ranges::find(streams, stream, &HostStream::stream);
  if (found == streams.end()) return;
  const SocketId socket = found->socket;
  while (!bytes.empty()) {
    if (host == HostId::relay) {
      bytes = bytes.subspan(relay_->handle_stream(now, socket, bytes));
      drain_relay(now);
    } else {
      peer(host).arriving = PathKind::relayed;
      bytes = bytes.subspan(peer(host).agent->handle_stream(now, socket, bytes));
      drain_peer(now, host);
    }
  }
}

void Trial::on_stream_closed(Time now, HostId host, StreamId stream) {
  auto& streams = streams_of(host);
  const auto found = std::ranges::find(streams, stream, &HostStream::stream);
  if (found == streams.end()) return;
  const SocketId socket = found->socket;
  streams.erase(found);
  if (host == HostId::relay) {
    relay_->handle_stream_closed(now, socket);
    return drain_relay(now);
  }
  peer(host).agent->handle_stream_closed(now, socket);
  drain_peer(now, host);
}

}  // namespace punchlab::trial
