#include "net/host/resolve.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

namespace punchlab::net {

sockaddr_in to_sockaddr(const TransportAddress& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  out.sin_addr.s_addr = htonl(address.address.v4_value());
  return out;
}

TransportAddress from_sockaddr(const sockaddr_in& address) {
  return {IpAddress::v4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
}

std::optional<TransportAddress> resolve(const std::string& text, std::uint16_t default_port) {
  const auto colon = text.rfind(':');
  const std::string host = text.substr(0, colon);
  std::uint16_t port = default_port;
  if (colon != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
    if (error != std::errc{} || rest != end) return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  auto address = from_sockaddr(*reinterpret_cast<const sockaddr_in*>(found->ai_addr));
  freeaddrinfo(found);
  address.port = port;
  return address;
}

std::optional<IpAddress> source_address_for(const TransportAddress& remote) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  const auto target = to_sockaddr(remote);
  sockaddr_in local{};
  socklen_t size = sizeof local;
  const bool routed = connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0 &&
                      getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0;
  close(fd);
  if (!routed) return std::nullopt;
  return from_sockaddr(local).address;
}

}  // namespace punchlab::net
