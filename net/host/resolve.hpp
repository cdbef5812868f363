#pragma once
// From what a user writes to the addresses that sockets need. IPv4 only.
#include <netinet/in.h>

#include <optional>
#include <string>

#include "protocol/base/address.hpp"

namespace punchlab::net {

sockaddr_in to_sockaddr(const TransportAddress& address);
TransportAddress from_sockaddr(const sockaddr_in& address);

/// "HOST" or "HOST:PORT", HOST a name or an IPv4 address; asks the system's resolver for names. Nothing when it is
/// malformed or has no IPv4 address.
std::optional<TransportAddress> resolve(const std::string& text, std::uint16_t default_port);

/// The local address from which the kernel would send to `remote`; sends nothing. Nothing when there is no route.
std::optional<IpAddress> source_address_for(const TransportAddress& remote);

}  // namespace punchlab::net
