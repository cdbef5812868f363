#include "net/host/udp_host.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "net/host/socket_address.hpp"

namespace punchlab::net {
namespace {

// Above every SocketId, which has 32 bits.
constexpr std::uint64_t kTimer = std::uint64_t{1} << 32;
constexpr std::uint64_t kWatched = kTimer + 1;
constexpr std::uint64_t kFollowed = std::uint64_t{1} << 33;  // and the descriptor

int add(int epoll, int fd, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/// Packets live for `ttl` hops (IPv6: hop limit); 0: as many as the system has them live.
bool set_ttl(int fd, Family family, std::uint8_t ttl) {
  const int hops = ttl == 0 ? -1 : ttl;  // -1: the system's default
  return family == Family::ipv4 ? setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops) == 0
                                : setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops) == 0;
}

Opened failed(int fd) {
  const int error = errno;
  if (fd >= 0) ::close(fd);
  return {{}, error};
}

}  // namespace

UdpHost::UdpHost()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (epoll_ < 0 || timer_ < 0 || add(epoll_, timer_, kTimer) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll");
}

UdpHost::~UdpHost() {
  for (const auto& [id, socket] : sockets_) ::close(socket.fd);
  ::close(timer_);
  ::close(epoll_);
}

Opened UdpHost::open(SocketId id, const TransportAddress& local) {
  const auto family = local.address.family();
  const int fd = open_socket(family, SOCK_DGRAM);
  SocketAddress address(local);
  if (fd < 0 || bind(fd, address.raw(), address.size()) != 0 || getsockname(fd, address.raw(), address.room()) != 0 ||
      add(epoll_, fd, id.value) != 0)
    return failed(fd);
  close(id);
  sockets_[id] = {fd, family, 0};
  return {address.value(), 0};
}

void UdpHost::close(SocketId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  ::close(found->second.fd);
  sockets_.erase(found);
}

void UdpHost::send(const Transmit& transmit, Bytes bytes) {
  const auto found = sockets_.find(transmit.socket);
  if (found == sockets_.end()) {
    ++lost_;
    return;
  }
  auto& socket = found->second;
  if (socket.ttl != transmit.ttl && set_ttl(socket.fd, socket.family, transmit.ttl)) socket.ttl = transmit.ttl;
  const SocketAddress target(transmit.destination);
  if (sendto(socket.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, target.raw(), target.size()) < 0) ++lost_;
}

void UdpHost::watch(int fd) {
  if (watched_ >= 0 && !always_readable_) epoll_ctl(epoll_, EPOLL_CTL_DEL, watched_, nullptr);
  watched_ = fd;
  always_readable_ = fd >= 0 && add(epoll_, fd, kWatched) != 0;  // EPERM: a regular file
}

bool UdpHost::follow(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = kFollowed + static_cast<std::uint64_t>(fd);
  if (events == 0) return epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr) == 0;
  return epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) == 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void UdpHost::set_timer(Time until) {
  itimerspec at{};
  if (until != kNever) {
    const auto since = std::max(until.time_since_epoch(), Duration{1});  // zero would disarm it
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    at.it_value.tv_sec = seconds.count();
    at.it_value.tv_nsec = (since - seconds).count();
  }
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
}

UdpHost::Woken UdpHost::wait(Time until) {
  set_timer(always_readable_ ? monotonic_now() : until);
  std::array<epoll_event, 64> events{};
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
  Woken woken;
  woken.watched = always_readable_;
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto key = event.data.u64;
    if (key >= kFollowed)
      woken.files.push_back({static_cast<int>(key - kFollowed), event.events});
    else if (key == kWatched)
      woken.watched = true;
    else if (key != kTimer)
      woken.sockets.push_back(SocketId{static_cast<std::uint32_t>(key)});
  }
  return woken;
}

std::optional<Datagram> UdpHost::receive(SocketId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return std::nullopt;
  for (int errors = 0; errors < 4; ++errors) {
    SocketAddress source;
    const auto length = recvfrom(found->second.fd, buffer_.data(), buffer_.size(), 0, source.raw(), source.room());
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
    if (length < 0 || static_cast<std::size_t>(length) > kMaxDatagram)
      continue;  // an ICMP error, or longer than ours can be
    return Datagram{id, source.value(), {buffer_.data(), static_cast<std::size_t>(length)}};
  }
  return std::nullopt;
}

}  // namespace punchlab::net
