#include "tools/cli/relay_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

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
    throw CommandError(kWrongUsage,
                       fmt::format("--relayed-ports {}: it must be A-B with 1024 <= A <= B <= 65535", text));
  turn.first_port = static_cast<std::uint16_t>(first);
  turn.last_port = static_cast<std::uint16_t>(last);
}

turn::Prefix prefix_of(const std::string& text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  unsigned length = 0;
  const char* const begin = text.data() + (slash == std::string::npos ? text.size() : slash + 1);
  const auto [rest, error] = std::from_chars(begin, text.data() + text.size(), length);
  if (!address || error != std::errc{} || rest != text.data() + text.size() || length > address->bytes().size() * 8)
    throw CommandError(kWrongUsage, fmt::format("--deny {}: it must be ADDRESS/LENGTH, as in 10.0.0.0/8", text));
  return {*address, static_cast<std::uint8_t>(length)};
}

Syntax relay_syntax() {
  Syntax syntax{
      .usage = "punchlab relay --listen ADDR[:PORT]... [--alternate ADDR:PORT] --user NAME:PASSWORD... [OPTIONS]",
      .about =
          "Runs the relay on this machine: STUN, behaviour discovery (with --alternate), TURN and the rendezvous of "
          "peers, over UDP, TCP and TLS, on IPv4, IPv6 or both, until Ctrl-C or SIGTERM.",
      .example = "punchlab relay --listen 192.0.2.1 --user alice:secret",
      .options = po::options_description("options"),
      .positional = "",
  };
  auto add = syntax.options.add_options();
  add("config", po::value<std::string>(), "file with a line 'name = value' for each option");
  add("listen", po::value<std::vector<std::string>>()->required(),
      "the address that peers reach, IPv6 in brackets; port 3478 unless given, 0 for any; twice for IPv4 and IPv6");
  add("alternate", po::value<std::string>(), "second address and port, for RFC 5780");
  add("user", po::value<std::vector<std::string>>()->required(), "a user; may be given several times");
  add("relayed-ports", po::value<std::string>()->default_value("49152-65535"), "ports for allocations");
  add("deny", po::value<std::vector<std::string>>(),
      "relay nothing to these addresses, as in 10.0.0.0/8 or fc00::/7; several times");
  add("no-tcp", po::bool_switch(), "UDP (and TLS) only");
  add("tls-certificate", po::value<std::string>(), "PEM file with the chain: serves TLS");
  add("tls-key", po::value<std::string>(), "PEM file with its private key");
  add("tls-port", po::value<std::uint16_t>()->default_value(443), "port of TLS; 0 for any");
  return syntax;
}

void check_addresses(const RelayOptions& options) {
  const auto unspecified = [](const TransportAddress& a) { return a.address.is_unspecified(); };
  if (std::any_of(options.listen.begin(), options.listen.end(), unspecified) ||
      (options.alternate && unspecified(*options.alternate)))
    throw CommandError(kWrongUsage, "the relay tells peers its address: give one that they reach, not 0.0.0.0 or ::");
  const bool two = options.listen.size() == 2;
  if (options.listen.size() > 2 || (two && options.listen[0].address.family() == options.listen[1].address.family()))
    throw CommandError(kWrongUsage, "--listen: give one address, or one of IPv4 and one of IPv6");
}

/// What --alternate is the second address of.
void check_alternate(const RelayOptions& options) {
  if (!options.alternate) return;
  const auto& first = options.listen.front();
  if (options.alternate->address.family() != first.address.family())
    throw CommandError(kWrongUsage, "--alternate must be of the same family as the first --listen, IPv4 or IPv6");
  if (options.alternate->address == first.address)
    throw CommandError(kWrongUsage, "--alternate must be another address than --listen");
}

void check(const RelayOptions& options) {
  check_addresses(options);
  check_alternate(options);
  if (options.certificate.empty() != options.key.empty())
    throw CommandError(kWrongUsage, "--tls-certificate and --tls-key belong together");
}

}  // namespace

std::optional<RelayOptions> read_relay_options(const Arguments& arguments) {
  const auto values = parse(relay_syntax(), arguments);
  if (!values) return std::nullopt;
  RelayOptions options;
  for (const auto& text : (*values)["listen"].as<std::vector<std::string>>())
    options.listen.push_back(address_of("listen", text));
  if (values->count("alternate") > 0)
    options.alternate = address_of("alternate", (*values)["alternate"].as<std::string>());
  for (const auto& user : (*values)["user"].as<std::vector<std::string>>())
    options.config.users.push_back(user_of(user));
  set_relayed_ports((*values)["relayed-ports"].as<std::string>(), options.config.turn);
  if (values->count("deny") > 0)
    for (const auto& text : (*values)["deny"].as<std::vector<std::string>>())
      options.config.turn.denied.push_back(prefix_of(text));
  options.tcp = !(*values)["no-tcp"].as<bool>();
  if (values->count("tls-certificate") > 0) options.certificate = (*values)["tls-certificate"].as<std::string>();
  if (values->count("tls-key") > 0) options.key = (*values)["tls-key"].as<std::string>();
  options.tls_port = (*values)["tls-port"].as<std::uint16_t>();
  check(options);
  auto& turn = options.config.turn;
  for (const auto& [address, port] : options.listen) (address.is_v4() ? turn.relayed_v4 : turn.relayed_v6) = address;
  return options;
}

}  // namespace punchlab::cli
