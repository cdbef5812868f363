#pragma once
// Addresses and sockets as the kernel's calls take them, for both families.
#include <netinet/in.h>
#include <sys/socket.h>

#include "protocol/base/address.hpp"

namespace punchlab::net {

/// An address in a call of the kernel.
class SocketAddress {
 public:
  /// Room for one that the kernel gives, which is told `raw` and `room`.
  SocketAddress() = default;
  explicit SocketAddress(const TransportAddress& address);

  /// 0.0.0.0:0 when it is of neither family.
  TransportAddress value() const;
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage_); }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  socklen_t* room() { return &size_; }

 private:
  sockaddr_in6 storage_{};  ///< the larger of the two; both begin with the family
  socklen_t size_ = sizeof storage_;
};

/// A new socket of `type` (SOCK_DGRAM, SOCK_STREAM) for addresses of `family`, which never blocks and is not inherited.
/// One for IPv6 takes no IPv4 (IPV6_V6ONLY): each family has its own. Negative, with errno, when there can be none.
int open_socket(Family family, int type);

}  // namespace punchlab::net
