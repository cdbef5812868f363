// punchlab probe: behaviour discovery (RFC 5780) of the NAT that this machine is really behind.
#include <fmt/format.h>

#include "net/host/system_rng.hpp"
#include "protocol/discovery/client.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

/// Runs to its end: every test of the client is bounded. False: interrupted.
bool run_discovery(discovery::Client& client, net::UdpHost& host) {
  net::Driver driver(host, client);
  const auto open = [&](const Output& output, Bytes) {
    if (const auto* wanted = std::get_if<OpenSocket>(&output))
      client.socket_bound(wanted->socket, open_or_fail(host, wanted->socket, wanted->local));
  };
  driver.drain(open);
  while (!client.finished() && interrupted == 0) driver.turn(net::monotonic_now() + kInterruptCheck, open);
  return client.finished();
}

}  // namespace

int probe_command(const Arguments& arguments) {
  Syntax syntax{
      .usage = "punchlab probe --server HOST[:PORT] [--lifetimes]",
      .about = "Asks a STUN server with RFC 5780 support what the NAT in front of this machine does, and prints it as the "
               "NAT of a scenario file. IPv4 and UDP.",
      .example = "punchlab probe --server stun.example.org > my-nat.yaml",
      .options = po::options_description("options"),
      .positional = "",
  };
  syntax.options.add_options()("server", po::value<std::string>()->required(), "the server's primary address; port 3478 unless given")(
      "lifetimes", po::bool_switch(), "also measure the timers, which takes several times the timers themselves");
  const auto values = parse(syntax, arguments);
  if (!values) return kFine;
  const auto& name = (*values)["server"].as<std::string>();
  discovery::ClientOptions options;
  options.server = address_of("server", name);
  options.local = own_address_towards(options.server);
  options.first_port = 0;
  options.lifetimes = (*values)["lifetimes"].as<bool>();
  net::SystemRng rng;
  net::UdpHost host;
  discovery::Client client(options, rng);
  listen_for_interrupts();
  if (!run_discovery(client, host)) return kInterrupted;
  if (!client.findings().reachable)
    throw CommandError(kExpectationFailed, fmt::format("{} does not answer over UDP", options.server.to_string()));
  fmt::print("{}", client.findings().to_text());
  return kFine;
}

}  // namespace punchlab::cli
