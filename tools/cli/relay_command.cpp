// punchlab relay: STUN, behaviour discovery, TURN and the broker on real UDP sockets.
#include <fmt/format.h>

#include <cstdio>
#include <cstring>

#include "net/host/system_rng.hpp"
#include "protocol/relay/server.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

stun::User user_of(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string::npos || colon + 1 == text.size())
    throw CommandError(kWrongUsage, fmt::format("--user {}: it must be NAME:PASSWORD", text.substr(0, colon)));
  return {text.substr(0, colon), text.substr(colon + 1)};
}

void set_relayed_ports(const std::string& text, turn::ServerConfig& turn) {
  unsigned first = 0, last = 0;
  int read = 0;
  const bool whole = std::sscanf(text.c_str(), "%5u-%5u%n", &first, &last, &read) == 2 &&
                     static_cast<std::size_t>(read) == text.size();
  if (!whole || first < 1024 || last > 65535 || last < first)
    throw CommandError(kWrongUsage, fmt::format("--relayed-ports {}: it must be A-B with 1024 <= A <= B <= 65535", text));
  turn.first_port = static_cast<std::uint16_t>(first);
  turn.last_port = static_cast<std::uint16_t>(last);
}

/// The listening sockets: the primary one, and with an alternate address the four of RFC 5780 section 6.
std::vector<TransportAddress> open_listeners(net::UdpHost& host, const TransportAddress& primary,
                                             const std::optional<TransportAddress>& alternate) {
  std::vector<TransportAddress> opened{open_or_fail(host, SocketId{0}, primary)};
  if (!alternate) return opened;
  opened.push_back(open_or_fail(host, SocketId{1}, *alternate));
  opened.push_back(open_or_fail(host, SocketId{2}, {primary.address, opened[1].port}));
  opened.push_back(open_or_fail(host, SocketId{3}, {alternate->address, opened[0].port}));
  return opened;
}

void serve(relay::Server& server, net::UdpHost& host) {
  net::Driver driver(host, server);
  const auto open = [&](const Output& output, Bytes) {
    const auto* wanted = std::get_if<OpenSocket>(&output);
    if (wanted == nullptr) return;
    if (const auto opened = host.open(wanted->socket, wanted->local); opened.error != 0) {
      fmt::print(stderr, "cannot open relayed {}: {}\n", wanted->local.to_string(), std::strerror(opened.error));
      server.handle_open_failed(net::monotonic_now(), wanted->socket);
    }
  };
  driver.drain(open);
  std::size_t registrations = 0;
  std::uint32_t allocations = 0;
  while (interrupted == 0) {
    driver.turn(net::monotonic_now() + kInterruptCheck, open);
    if (server.registrations() == registrations && server.allocations() == allocations) continue;
    registrations = server.registrations();
    allocations = server.allocations();
    fmt::print(stderr, "peers registered: {}, allocations: {}\n", registrations, allocations);
  }
}

Syntax relay_syntax() {
  Syntax syntax{
      .usage = "punchlab relay --listen ADDR[:PORT] [--alternate ADDR:PORT] --user NAME:PASSWORD... [--relayed-ports A-B]",
      .about = "Runs the relay on this machine: STUN, behaviour discovery (with --alternate), TURN and the rendezvous of "
               "peers, over UDP and IPv4, until Ctrl-C or SIGTERM.",
      .example = "punchlab relay --listen 192.0.2.1 --user alice:secret",
      .options = po::options_description("options"),
      .positional = "",
  };
  auto add = syntax.options.add_options();
  add("listen", po::value<std::string>()->required(), "the address that peers reach; port 3478 unless given, 0 for any");
  add("alternate", po::value<std::string>(), "second address and port, for RFC 5780");
  add("user", po::value<std::vector<std::string>>()->required(), "a user; may be given several times");
  add("relayed-ports", po::value<std::string>()->default_value("49152-65535"), "ports for allocations");
  return syntax;
}

}  // namespace

int relay_command(const Arguments& arguments) {
  const auto values = parse(relay_syntax(), arguments);
  if (!values) return kFine;
  const auto primary = address_of("listen", (*values)["listen"].as<std::string>());
  std::optional<TransportAddress> alternate;
  if (values->count("alternate") > 0) alternate = address_of("alternate", (*values)["alternate"].as<std::string>());
  if (primary.address.is_unspecified() || (alternate && alternate->address.is_unspecified()))
    throw CommandError(kWrongUsage, "the relay tells peers its address: give one that they reach, not 0.0.0.0");
  if (alternate && alternate->address == primary.address)
    throw CommandError(kWrongUsage, "--alternate must be another address than --listen");
  net::SystemRng rng;
  relay::Config config;
  for (const auto& user : (*values)["user"].as<std::vector<std::string>>()) config.users.push_back(user_of(user));
  set_relayed_ports((*values)["relayed-ports"].as<std::string>(), config.turn);
  config.turn.relayed_v4 = primary.address;
  rng.fill(config.nonce_secret);
  net::UdpHost host;
  listen_for_interrupts();
  const auto listeners = open_listeners(host, primary, alternate);
  if (alternate)
    config.discovery = {{primary.address, alternate->address}, {listeners[0].port, listeners[1].port}};
  relay::Server server(config, rng);
  for (std::size_t i = 0; i < listeners.size(); ++i)
    server.add_socket(SocketId{static_cast<std::uint32_t>(i)}, Transport::udp, listeners[i]);
  fmt::print(stderr, "listening on {}\n", listeners[0].to_string());
  serve(server, host);
  fmt::print(stderr, "stopped\n");
  return kFine;
}

}  // namespace punchlab::cli
