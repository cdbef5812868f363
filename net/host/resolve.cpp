#include "net/host/resolve.hpp"

#include <netdb.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "net/host/socket_address.hpp"

namespace punchlab::net {
namespace {

std::optional<std::uint16_t> port_of(const std::string& text) {
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return port;
}

/// `host`, and the port that `rest` (empty, or ":PORT") tells.
std::optional<HostPort> with_port(std::string host, const std::string& rest) {
  if (host.empty()) return std::nullopt;
  if (rest.empty()) return HostPort{std::move(host), std::nullopt};
  const auto port = rest.front() == ':' ? port_of(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  return HostPort{std::move(host), port};
}

std::optional<TransportAddress> address_of(const addrinfo& found, std::uint16_t port) {
  if (found.ai_family != AF_INET && found.ai_family != AF_INET6) return std::nullopt;
  SocketAddress raw;
  std::memcpy(raw.raw(), found.ai_addr, found.ai_addrlen);
  auto address = raw.value();
  const auto bytes = address.address.bytes();
  const bool link_local = !address.address.is_v4() && bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80;
  if (link_local) return std::nullopt;
  address.port = port;
  return address;
}

}  // namespace

std::optional<HostPort> split_host_port(const std::string& text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string::npos) return std::nullopt;
    const auto host = text.substr(1, end - 1);
    if (host.find(':') == std::string::npos) return std::nullopt;
    return with_port(host, text.substr(end + 1));
  }
  const auto colon = text.find(':');
  const bool bare = colon != text.rfind(':');
  if (bare && !IpAddress::parse(text)) return std::nullopt;
  return bare || colon == std::string::npos ? with_port(text, "")
                                            : with_port(text.substr(0, colon), text.substr(colon));
}

std::vector<TransportAddress> resolve_all(const std::string& text, std::uint16_t default_port) {
  const auto wanted = split_host_port(text);
  if (!wanted) return {};
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(wanted->host.c_str(), nullptr, &hints, &found) != 0) return {};
  std::vector<TransportAddress> addresses;
  for (const auto* entry = found; entry != nullptr; entry = entry->ai_next)
    if (const auto address = address_of(*entry, wanted->port.value_or(default_port))) addresses.push_back(*address);
  freeaddrinfo(found);
  return addresses;
}

std::optional<TransportAddress> resolve(const std::string& text, std::uint16_t default_port) {
  const auto all = resolve_all(text, default_port);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<IpAddress> source_address_for(const TransportAddress& remote) {
  const int fd = open_socket(remote.address.family(), SOCK_DGRAM);
  if (fd < 0) return std::nullopt;
  const SocketAddress target(remote);
  SocketAddress local;
  const bool routed = connect(fd, target.raw(), target.size()) == 0 && getsockname(fd, local.raw(), local.room()) == 0;
  close(fd);
  if (!routed) return std::nullopt;
  return local.value().address;
}

}  // namespace punchlab::net
