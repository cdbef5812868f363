#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>

#include "protocol/base/address.hpp"

namespace punchlab::lab {

/// An IPv4 transport address as the kernel takes it.
inline sockaddr_in to_sockaddr(const TransportAddress& a) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(a.port);
  out.sin_addr.s_addr = htonl(a.address.v4_value());
  return out;
}

inline TransportAddress from_sockaddr(const sockaddr_in& a) {
  return {IpAddress::v4(ntohl(a.sin_addr.s_addr)), ntohs(a.sin_port)};
}

}  // namespace punchlab::lab
