#include "net/host/stream_set.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "net/host/monotonic_clock.hpp"
#include "net/host/socket_address.hpp"

namespace punchlab::net {
namespace {

constexpr int kBacklog = 64;
constexpr int kReadsPerTurn = 16;
constexpr std::uint32_t kMostIds = 1U << 28;

}  // namespace

StreamSet::~StreamSet() {
  for (const auto& [id, listener] : listeners_) ::close(listener.fd);
}

Opened StreamSet::listen(SocketId id, const TransportAddress& local, std::shared_ptr<const TlsCredentials> tls) {
  const int fd = open_socket(local.address.family(), SOCK_STREAM);
  const int on = 1;
  SocketAddress address(local);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, address.raw(), address.size()) != 0 || ::listen(fd, kBacklog) != 0 ||
      getsockname(fd, address.raw(), address.room()) != 0 || !host_.follow(fd, EPOLLIN)) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return {{}, error};
  }
  listeners_[id] = {fd, std::move(tls)};
  return {address.value(), 0};
}

void StreamSet::connect(SocketId id, const TransportAddress& remote, std::shared_ptr<const TlsCredentials> tls) {
  streams_.erase(id);
  auto& entry = streams_.emplace(id, Entry{Stream(remote, std::move(tls)), false, {}, remote}).first->second;
  // A connection that is refused or made at once is told by `handle` like any other.
  entry.opened_by = entry.stream.state() == Stream::State::closed ? Time{} : monotonic_now() + kPatience;
  follow(entry);
}

void StreamSet::send(SocketId id, Bytes message) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.stream.send(message)) {
    ++lost_;
    return;
  }
  follow(found->second);
}

std::optional<Stream> StreamSet::take(SocketId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return std::nullopt;
  std::optional<Stream> taken(std::move(found->second.stream));
  streams_.erase(found);
  return taken;
}

void StreamSet::handle(Time now, const UdpHost::Woken& woken, StreamUser& user) {
  std::vector<SocketId> ready;
  for (const auto& file : woken.files) {
    for (const auto& [id, listener] : listeners_)
      if (listener.fd == file.fd) accept_all(now, id, listener);
    for (const auto& [id, entry] : streams_)
      if (entry.stream.fd() == file.fd) ready.push_back(id);
  }
  // Also those whose opening was told by no event: refused, or ready when they were made.
  for (const auto& [id, entry] : streams_)
    if (entry.opened_by != kNever || entry.stream.state() == Stream::State::closed) ready.push_back(id);
  for (const auto id : ready) advance(now, id, user);
}

void StreamSet::accept_all(Time now, SocketId id, const Listener& listener) {
  for (int i = 0; i < kBacklog; ++i) {
    SocketAddress remote;
    const int fd = accept4(listener.fd, remote.raw(), remote.room(), SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const auto unfinished =
        std::count_if(streams_.begin(), streams_.end(), [](const auto& s) { return s.second.opened_by != kNever; });
    if (static_cast<std::size_t>(unfinished) >= kMaxUnfinished) {
      ::close(fd);
      continue;
    }
    const SocketId stream{next_id_};
    next_id_ = next_id_ + 1 < kMostIds ? next_id_ + 1 : kFirstAccepted;
    streams_.erase(stream);
    streams_.emplace(stream, Entry{Stream(fd, listener.tls), true, id, remote.value(), now + kPatience});
  }
}

void StreamSet::advance(Time now, SocketId id, StreamUser& user) {
  auto found = streams_.find(id);
  if (found == streams_.end()) return;
  auto& entry = found->second;
  entry.stream.advance();
  if (entry.stream.state() == Stream::State::open && entry.opened_by != kNever) {
    entry.opened_by = kNever;
    if (entry.accepted)
      user.on_stream_accepted(entry.listener, id, entry.remote);
    else
      user.on_stream_opened(id);
  }
  if (entry.opened_by != kNever && now >= entry.opened_by && entry.stream.state() != Stream::State::closed)
    return tell_closed(id, user, "it does not answer");
  read(id, user);
}

void StreamSet::read(SocketId id, StreamUser& user) {
  std::array<std::uint8_t, 16384> buffer;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    auto& stream = found->second.stream;
    const auto size = stream.receive(buffer);
    if (stream.state() == Stream::State::closed) return tell_closed(id, user, stream.error());
    if (stream.ended()) return tell_closed(id, user, {});
    follow(found->second);
    if (size == 0) return;
    user.on_stream_bytes(id, Bytes{buffer}.first(size));
  }
}

void StreamSet::follow(Entry& entry) {
  const auto events = entry.stream.state() == Stream::State::closed ? 0 : entry.stream.events();
  if (events == entry.followed || entry.stream.fd() < 0) return;
  host_.follow(entry.stream.fd(), events);
  entry.followed = events;
}

void StreamSet::tell_closed(SocketId id, StreamUser& user, const std::string& why) {
  const std::string text = why;
  const auto found = streams_.find(id);
  const bool known = !found->second.accepted || found->second.opened_by == kNever;
  streams_.erase(found);
  if (known) user.on_stream_closed(id, text);
}

Time StreamSet::next() const {
  Time earliest = kNever;
  for (const auto& [id, entry] : streams_) {
    const bool broken = entry.stream.state() == Stream::State::closed;
    earliest = std::min(earliest, broken ? Time{} : entry.opened_by);
  }
  return earliest;
}

}  // namespace punchlab::net
