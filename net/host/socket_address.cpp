#include "net/host/socket_address.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace punchlab::net {
namespace {

sockaddr_in v4_of(const TransportAddress& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  out.sin_addr.s_addr = htonl(address.address.v4_value());
  return out;
}

}  // namespace

SocketAddress::SocketAddress(const TransportAddress& address) {
  if (address.address.is_v4()) {
    const auto v4 = v4_of(address);
    std::memcpy(&storage_, &v4, sizeof v4);
    size_ = sizeof v4;
    return;
  }
  storage_.sin6_family = AF_INET6;
  storage_.sin6_port = htons(address.port);
  std::memcpy(&storage_.sin6_addr, address.address.bytes().data(), sizeof storage_.sin6_addr);
}

TransportAddress SocketAddress::value() const {
  if (storage_.sin6_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage_, sizeof v4);
    return {IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  if (storage_.sin6_family != AF_INET6) return {};
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &storage_.sin6_addr, bytes.size());
  return {IpAddress::v6(bytes), ntohs(storage_.sin6_port)};
}

int open_socket(Family family, int type) {
  const bool v6 = family == Family::ipv6;
  const int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  if (fd < 0 || !v6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace punchlab::net
