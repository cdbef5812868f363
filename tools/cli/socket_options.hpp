#pragma once
// What the commands on real sockets share: how addresses are read and how a socket that cannot be opened ends a
// command.
#include "net/host/driver.hpp"
#include "tools/cli/command.hpp"

namespace punchlab::cli {

/// Port of STUN and TURN over UDP (RFC 8489 section 8).
inline constexpr std::uint16_t kStunPort = 3478;
/// A waiting command looks this often whether it was interrupted.
inline constexpr Duration kInterruptCheck = std::chrono::milliseconds{200};

/// The addresses of `--option text`, at least one. Throws CommandError: wrong usage.
std::vector<TransportAddress> addresses_of(const std::string& option, const std::string& text);
/// The first of them.
TransportAddress address_of(const std::string& option, const std::string& text);
/// Opens a socket and gives its address. Throws CommandError: the machine lacks it, with the system's reason.
TransportAddress open_or_fail(net::UdpHost& host, SocketId socket, const TransportAddress& local);
/// A TCP listener, with TLS unless `tls` is null. Throws CommandError like `open_or_fail`.
TransportAddress listen_or_fail(net::StreamSet& streams, SocketId listener, const TransportAddress& local,
                                std::shared_ptr<const net::TlsCredentials> tls);
/// Throws CommandError: wrong usage, naming the file.
std::shared_ptr<const net::TlsCredentials> tls_or_fail(const std::string& certificate, const std::string& key);
/// The own address towards `remote`. Throws CommandError when there is no route.
IpAddress own_address_towards(const TransportAddress& remote);

}  // namespace punchlab::cli
