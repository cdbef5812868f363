#include "net/lab/host_streams.hpp"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/lab/host_stack.hpp"
#include "net/lab/socket_address.hpp"

namespace punchlab::lab {
namespace {

using net::Stream;
using trial::StreamId;

constexpr int kBacklog = 64;
constexpr int kReadsPerTurn = 16;
constexpr std::uint32_t kStreamKeys = 1U << 16;  ///< added to a StreamId; keys below are listeners'

bool carries_tls(const TransportAddress& server) { return server.port == trial::kRelayTlsPort; }

/// What the kernel has not sent, or has sent and nobody acknowledged.
std::size_t unacknowledged(int fd) {
  int bytes = 0;
  return ioctl(fd, SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

/// A reset leaves nothing in the stacks that could meet the next trial: no retransmission, no TIME-WAIT.
void HostStreams::clear() {
  for (auto& end : ends_) end->stream.abort();
  ends_.clear();
  listeners_.clear();
  broken_.clear();
}

const net::TlsCredentials::Both& HostStreams::tls() {
  if (!tls_.server) tls_ = net::TlsCredentials::self_signed("relay.lab");
  return tls_;
}

void HostStreams::listen(trial::HostId host, const NetworkNamespace& stack, const TransportAddress& local) {
  FileDescriptor file(stack.inside([] { return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }));
  const auto address = to_sockaddr(local);
  if (file.get() < 0 || bind(file.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(file.get(), kBacklog) != 0) {
    if (errno == EADDRINUSE) throw PortInUse();
    throw_errno(("listen at TCP " + local.to_string()).c_str());
  }
  owner_.follow(file.get(), static_cast<std::uint32_t>(listeners_.size()), EPOLLIN);
  listeners_.push_back({host, local, std::move(file)});
}

StreamId HostStreams::connect(trial::HostId host, const NetworkNamespace& stack, const TransportAddress& local,
                              const TransportAddress& remote) {
  Stream stream = stack.inside([&] { return Stream(remote, carries_tls(remote) ? tls().client : nullptr, local); });
  if (stream.state() == Stream::State::closed) return 0;
  const auto id = add(std::make_unique<End>(End{host, local, remote, std::move(stream)}));
  follow(id);
  return id;
}

StreamId HostStreams::add(std::unique_ptr<End> end) {
  ends_.push_back(std::move(end));
  return static_cast<StreamId>(ends_.size());
}

HostStreams::End* HostStreams::find(StreamId stream) {
  if (stream == 0 || stream > ends_.size() || ends_[stream - 1]->over) return nullptr;
  return ends_[stream - 1].get();
}

bool HostStreams::send(StreamId id, Bytes bytes) {
  End* const end = find(id);
  if (end == nullptr || !end->open || end->stream.state() != Stream::State::open) return false;
  if (end->stream.waiting() + unacknowledged(end->stream.fd()) + bytes.size() > kBuffer) return false;
  const bool taken = end->stream.send(bytes);
  if (end->stream.state() == Stream::State::closed) broken_.push_back(id);
  follow(id);
  return taken;
}

/// An open stream stays half closed until the run ends: the other end's FIN would put it into TIME-WAIT.
void HostStreams::close(StreamId id) {
  End* const end = find(id);
  if (end == nullptr) return;
  end->over = true;
  if (end->stream.state() == Stream::State::open) {
    end->stream.finish();
    end->stream.advance();
  } else {
    end->stream.abort();
  }
  follow(id);
}

void HostStreams::handle(std::uint32_t key) {
  if (key >= kStreamKeys) return advance(key - kStreamKeys);
  if (key < listeners_.size()) accept_all(key);
}

void HostStreams::accept_all(std::size_t number) {
  const auto host = listeners_[number].host;
  const auto local = listeners_[number].local;
  for (int i = 0; i < kBacklog && !owner_.application().finished(); ++i) {
    sockaddr_in remote{};
    socklen_t size = sizeof remote;
    const int fd = accept4(listeners_[number].file.get(), reinterpret_cast<sockaddr*>(&remote), &size,
                           SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const auto credentials = carries_tls(local) ? tls().server : nullptr;
    advance(add(std::make_unique<End>(End{host, local, from_sockaddr(remote), Stream(fd, credentials), true})));
  }
}

void HostStreams::advance(StreamId id) {
  if (id == 0 || id > ends_.size()) return;
  End& end = *ends_[id - 1];
  end.stream.advance();
  if (!end.over && !end.open && end.stream.state() == Stream::State::open) {
    end.open = true;
    owner_.application().on_stream_opened(owner_.time(), end.host, id, end.local, end.remote);
  }
  read(id);
  follow(id);
}

void HostStreams::read(StreamId id) {
  std::array<std::uint8_t, 16384> buffer;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    End* const end = find(id);
    if (end == nullptr || owner_.application().finished()) return;
    const auto size = end->stream.receive(buffer);
    if (end->stream.ended() || end->stream.state() == Stream::State::closed) return tell_closed(id);
    if (size == 0) return;
    owner_.application().on_stream(owner_.time(), end->host, id, Bytes{buffer}.first(size));
  }
}

/// Who accepted a stream that never opened knows nothing of it.
void HostStreams::tell_closed(StreamId id) {
  End& end = *ends_[id - 1];
  end.over = true;
  if (end.open || !end.accepted) owner_.application().on_stream_closed(owner_.time(), end.host, id);
}

void HostStreams::settle() {
  for (const auto id : std::exchange(broken_, {}))
    if (find(id) != nullptr && !owner_.application().finished()) tell_closed(id);
}

void HostStreams::follow(StreamId id) {
  End& end = *ends_[id - 1];
  if (end.stream.state() == Stream::State::closed) return;  // and so is the file
  const auto events = end.stream.events() & (end.over ? std::uint32_t{EPOLLOUT} : ~0U);
  if (events == std::exchange(end.followed, events)) return;
  owner_.follow(end.stream.fd(), kStreamKeys + id, events);
}

}  // namespace punchlab::lab
