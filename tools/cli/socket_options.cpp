#include "tools/cli/socket_options.hpp"

#include <fmt/format.h>

#include <cstring>

#include "net/host/resolve.hpp"

namespace punchlab::cli {

std::vector<TransportAddress> addresses_of(const std::string& option, const std::string& text) {
  auto addresses = net::resolve_all(text, kStunPort);
  if (addresses.empty()) throw CommandError(kWrongUsage, fmt::format("--{} {}: no address found for it", option, text));
  return addresses;
}

TransportAddress address_of(const std::string& option, const std::string& text) {
  return addresses_of(option, text).front();
}

TransportAddress open_or_fail(net::UdpHost& host, SocketId socket, const TransportAddress& local) {
  const auto opened = host.open(socket, local);
  if (opened.error != 0)
    throw CommandError(kMachineLacks,
                       fmt::format("cannot open UDP {}: {}", local.to_string(), std::strerror(opened.error)));
  return opened.local;
}

std::shared_ptr<const net::TlsCredentials> tls_or_fail(const std::string& certificate, const std::string& key) {
  try {
    return net::TlsCredentials::server(certificate, key);
  } catch (const std::runtime_error& error) {
    throw CommandError(kWrongUsage, error.what());
  }
}

TransportAddress listen_or_fail(net::StreamSet& streams, SocketId listener, const TransportAddress& local,
                                std::shared_ptr<const net::TlsCredentials> tls) {
  const auto opened = streams.listen(listener, local, std::move(tls));
  if (opened.error != 0)
    throw CommandError(kMachineLacks,
                       fmt::format("cannot open TCP {}: {}", local.to_string(), std::strerror(opened.error)));
  return opened.local;
}

IpAddress own_address_towards(const TransportAddress& remote) {
  const auto own = net::source_address_for(remote);
  if (!own) throw CommandError(kMachineLacks, fmt::format("there is no route to {}", remote.to_string()));
  return *own;
}

}  // namespace punchlab::cli
