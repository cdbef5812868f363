#pragma once
// What the commands on real sockets share: how addresses are read and how a socket that cannot be opened ends a command.
#include "net/host/udp_host.hpp"
#include "tools/cli/command.hpp"

namespace punchlab::cli {

/// Port of STUN and TURN over UDP (RFC 8489 section 8).
inline constexpr std::uint16_t kStunPort = 3478;
/// A waiting command looks this often whether it was interrupted.
inline constexpr Duration kInterruptCheck = std::chrono::milliseconds{200};

/// The address of `--option text`. Throws CommandError: wrong usage.
TransportAddress address_of(const std::string& option, const std::string& text);
/// Opens a socket and gives its address. Throws CommandError: the machine lacks it, with the system's reason.
TransportAddress open_or_fail(net::UdpHost& host, SocketId socket, const TransportAddress& local);
/// The own address towards `remote`. Throws CommandError when there is no route.
IpAddress own_address_towards(const TransportAddress& remote);

}  // namespace punchlab::cli
