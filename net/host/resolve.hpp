#pragma once
// From what a user writes to the addresses that sockets need.
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/address.hpp"

namespace punchlab::net {

/// A host as it was written, without the brackets of an IPv6 address, and its port if there was one.
struct HostPort {
  std::string host;
  std::optional<std::uint16_t> port;
};

/// "HOST", "HOST:PORT", "[IPV6]", "[IPV6]:PORT", or an IPv6 address alone, which has no port then (RFC 3986
/// section 3.2.2). Nothing when it is malformed.
std::optional<HostPort> split_host_port(const std::string& text);

/// The addresses of such a text; asks the system's resolver for names, and keeps its order (RFC 6724). Nothing when it
/// is malformed or has no address; link-local IPv6 addresses, which mean nothing without an interface, do not count.
std::vector<TransportAddress> resolve_all(const std::string& text, std::uint16_t default_port);
/// The first of them.
std::optional<TransportAddress> resolve(const std::string& text, std::uint16_t default_port);

/// The local address from which the kernel would send to `remote`; sends nothing. Nothing when there is no route.
std::optional<IpAddress> source_address_for(const TransportAddress& remote);

}  // namespace punchlab::net
