#include "sim/memory/tcp_stack.hpp"

#include <algorithm>
#include <array>

namespace punchlab::memory {
namespace {

constexpr std::size_t kLargestPacket = packet::kIpv6HeaderSize + packet::kTcpHeaderSize + TcpEnd::kSegment;

}  // namespace

void TcpStack::clear() {
  listeners_.clear();
  used_ = 0;
}

trial::StreamId TcpStack::add(trial::HostId host) {
  if (used_ == streams_.size()) streams_.push_back(std::make_unique<Stream>());
  auto& stream = *streams_[used_++];
  stream.host = host;
  stream.wakes_at = kNever;
  return static_cast<trial::StreamId>(used_);
}

trial::StreamId TcpStack::connect(trial::HostId host, const TransportAddress& local, const TransportAddress& remote) {
  const auto stream = add(host);
  at(stream).end.connect(local, remote);
  flush(stream);
  return stream;
}

bool TcpStack::send(trial::StreamId stream, Bytes bytes) {
  if (!known(stream) || !at(stream).end.send(bytes)) return false;
  flush(stream);
  return true;
}

void TcpStack::close(trial::StreamId stream) {
  if (!known(stream)) return;
  at(stream).end.close();
  flush(stream);
}

void TcpStack::receive(trial::HostId host, Bytes packet, const packet::View& view) {
  const auto fields = packet::tcp_fields(packet, view);
  auto stream = find(host, view);
  if (stream == 0) {
    const bool opens = (fields.flags & (packet::kSyn | packet::kAck | packet::kRst)) == packet::kSyn;
    if (!opens || !listens(host, view.destination)) return refuse(host, packet, view);
    stream = add(host);
    at(stream).end.accept(view.destination, view.source, fields);
  } else {
    tell(stream, at(stream).end.handle(below_.time(), fields, view.payload_of(packet)));
  }
  flush(stream);
}

void TcpStack::wake(trial::StreamId stream) {
  at(stream).wakes_at = kNever;
  if (at(stream).end.deadline() <= below_.time()) tell(stream, at(stream).end.handle_timeout(below_.time()));
  flush(stream);
}

void TcpStack::tell(trial::StreamId stream, const TcpEnd::News& news) {
  const auto& [host, end, wakes_at] = at(stream);
  auto& application = below_.application();
  if (news.opened) application.on_stream_opened(below_.time(), host, stream, end.local(), end.remote());
  if (!news.data.empty()) application.on_stream(below_.time(), host, stream, news.data);
  if (news.ended) application.on_stream_closed(below_.time(), host, stream);
}

void TcpStack::flush(trial::StreamId id) {
  auto& stream = at(id);
  std::array<std::uint8_t, kLargestPacket> packet;
  while (const auto size = stream.end.poll(below_.time(), packet)) below_.send_packet(stream.host, Bytes{packet}.first(size));
  // A later deadline is looked at when the earlier wake comes.
  if (stream.end.deadline() >= stream.wakes_at) return;
  stream.wakes_at = stream.end.deadline();
  below_.wake_at(stream.wakes_at, id);
}

/// A closed port answers with a RST (RFC 9293 section 3.10.7.1).
void TcpStack::refuse(trial::HostId host, Bytes packet, const packet::View& view) {
  std::array<std::uint8_t, kLargestPacket> reset;
  if (const auto size = packet::write_reset(reset, packet, view)) below_.send_packet(host, Bytes{reset}.first(size));
}

trial::StreamId TcpStack::find(trial::HostId host, const packet::View& view) const {
  for (std::size_t i = used_; i-- > 0;) {
    const auto& [owner, end, wakes_at] = *streams_[i];
    if (owner == host && !end.gone() && end.local() == view.destination && end.remote() == view.source)
      return static_cast<trial::StreamId>(i + 1);
  }
  return 0;
}

bool TcpStack::listens(trial::HostId host, const TransportAddress& local) const {
  return std::any_of(listeners_.begin(), listeners_.end(), [&](const Listener& l) { return l.host == host && l.local == local; });
}

}  // namespace punchlab::memory
