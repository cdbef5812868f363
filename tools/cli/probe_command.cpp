// punchlab probe: behaviour discovery (RFC 5780) of the NAT that this machine is really behind.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "net/host/system_rng.hpp"
#include "protocol/discovery/client.hpp"
#include "scenarios/loader/scalars.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/nat_file.hpp"
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

/// Throws when the axes that decide outcomes are not all known: the file is then no NAT that a scenario takes.
void check_completeness(const TransportAddress& server, const discovery::Findings& found) {
  const auto axes = undecided_axes(found);
  if (axes.empty()) return;
  const auto why = found.other_address
                       ? "answered too seldom, perhaps from its second address only; try again"
                       : "has no second address (OTHER-ADDRESS of RFC 5780); ask a relay that has --alternate, or "
                         "another server that has two";
  throw CommandError(kExpectationFailed,
                     fmt::format("not found: {}. {} {}", fmt::join(axes, ", "), server.to_string(), why));
}

std::string name_for(const std::string& wanted) {
  if (loader::is_name(wanted)) return wanted;
  throw CommandError(kWrongUsage,
                     fmt::format("--name {}: use up to 64 letters, digits, '.', '_' and '-', a letter or digit "
                                 "first",
                                 wanted));
}

}  // namespace

int probe_command(const Arguments& arguments) {
  Syntax syntax{
      .usage = "punchlab probe --server HOST[:PORT] [--name NAME] [--lifetimes]",
      .about =
          "Asks a STUN server with RFC 5780 support what the NAT in front of this machine does, and prints it as a "
          "NAT's "
          "file: as nats/NAME.yaml beside a scenario it is what `nat: NAME` there means. UDP, over IPv4 or IPv6.",
      .example = "punchlab probe --server stun.example.org > nats/my-nat.yaml",
      .options = po::options_description("options"),
      .positional = "",
  };
  syntax.options.add_options()("server", po::value<std::string>()->required(),
                               "the server's primary address, IPv6 in brackets; port 3478 unless given")(
      "name", po::value<std::string>()->default_value("my-nat"), "the NAT's name, which must be the file's")(
      "lifetimes", po::bool_switch(), "also measure the timers, which takes several times the timers themselves");
  const auto values = parse(syntax, arguments);
  if (!values) return kFine;
  const auto name = name_for((*values)["name"].as<std::string>());
  discovery::ClientOptions options;
  options.server = address_of("server", (*values)["server"].as<std::string>());
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
  fmt::print("{}", nat_file(name, options.server, client.findings()));
  check_completeness(options.server, client.findings());
  return kFine;
}

}  // namespace punchlab::cli
