#include "tools/cli/peer_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "net/host/resolve.hpp"
#include "tools/cli/key_file.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

/// An address of the relay, and its host as the user wrote it.
struct Relay {
  TransportAddress address;
  std::string host;
};

/// The first address of each family.
std::vector<Relay> relays_of(const po::variables_map& values) {
  std::vector<Relay> relays;
  for (const auto& text : values["relay"].as<std::vector<std::string>>()) {
    const auto before = relays.size();
    for (const auto& address : addresses_of("relay", text)) {
      const auto same_family = [&](const Relay& r) { return r.address.address.family() == address.address.family(); };
      if (std::none_of(relays.begin(), relays.end(), same_family))
        relays.push_back({address, net::split_host_port(text)->host});
    }
    if (relays.size() == before)
      throw CommandError(kWrongUsage,
                         fmt::format("--relay {}: give one relay, with at most one IPv4 and one IPv6 address", text));
  }
  return relays;
}

std::shared_ptr<const net::TlsCredentials> tls_of(const po::variables_map& values, const std::string& host) {
  const auto authorities = values.count("tls-ca") > 0 ? values["tls-ca"].as<std::string>() : std::string{};
  const auto name = values.count("tls-name") > 0 ? values["tls-name"].as<std::string>() : host;
  try {
    return net::TlsCredentials::client(authorities, name);
  } catch (const std::runtime_error& error) {
    throw CommandError(kWrongUsage, error.what());
  }
}

net::RelayWay way_of(const po::variables_map& values, const std::string& transport, const Relay& relay) {
  if (transport == "udp") return {Transport::udp, relay.address, nullptr};
  if (transport == "tcp") return {Transport::tcp, relay.address, nullptr};
  if (transport != "tls")
    throw CommandError(kWrongUsage,
                       fmt::format("--transport {}: it must be some of udp, tcp, tls, with commas", transport));
  return {Transport::tls, {relay.address.address, values["tls-port"].as<std::uint16_t>()}, tls_of(values, relay.host)};
}

/// Each transport over all addresses before the next one.
std::vector<net::RelayWay> ways_of(const po::variables_map& values, const std::vector<Relay>& relays) {
  std::istringstream names(values["transport"].as<std::string>());
  std::vector<net::RelayWay> ways;
  for (std::string name; std::getline(names, name, ',');)
    for (const auto& relay : relays) ways.push_back(way_of(values, name, relay));
  if (ways.empty()) throw CommandError(kWrongUsage, "--transport: it must be some of udp, tcp, tls, with commas");
  return ways;
}

Policy policy_of(const po::variables_map& values) {
  const auto& name = values["policy"].as<std::string>();
  const auto* preset = find_policy(name);
  if (preset == nullptr) {
    std::string known;
    for (const auto& policy : policy_presets()) known += (known.empty() ? "" : ", ") + policy.name;
    throw CommandError(kWrongUsage, fmt::format("--policy {}: it must be one of {}", name, known));
  }
  Policy policy = *preset;
  const double seconds = values["patience"].as<double>();
  if (!(seconds >= 1 && seconds <= 86400)) throw CommandError(kWrongUsage, "--patience: it must be 1 to 86400 seconds");
  policy.patience = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  return policy;
}

}  // namespace

void add_peer_options(po::options_description& options) {
  auto add = options.add_options();
  add("config", po::value<std::string>(), "file with a line 'name = value' for each option");
  add("relay", po::value<std::vector<std::string>>()->required(),
      "the relay, HOST[:PORT], an IPv6 address in brackets; port 3478 unless given; once more for its other family");
  add("user", po::value<std::string>()->required(), "NAME:PASSWORD at the relay; better in the file than here");
  add("key", po::value<std::string>()->required(), "own key file, made by 'punchlab keys'");
  add("peer", po::value<std::string>()->required(), "the other's public key");
  add("transport", po::value<std::string>()->default_value("udp,tcp,tls"), "ways to the relay, in the order of trial");
  add("tls-port", po::value<std::uint16_t>()->default_value(443), "the relay's port of TLS");
  add("tls-ca", po::value<std::string>(), "PEM file of authorities to believe, instead of the system's");
  add("tls-name", po::value<std::string>(), "name in the relay's certificate, if it is not HOST");
  add("policy", po::value<std::string>()->default_value("relay-first"), "how paths are looked for");
  add("patience", po::value<double>()->default_value(39.5, "39.5"), "seconds to wait for the other before giving up");
  add("json", po::bool_switch(), "status lines as JSON, one object each");
}

PeerOptions read_peer_options(const po::variables_map& values, agent::Role role) {
  PeerOptions options;
  const auto& user = values["user"].as<std::string>();
  const auto colon = user.find(':');
  if (colon == 0 || colon == std::string::npos) throw CommandError(kWrongUsage, "--user: it must be NAME:PASSWORD");
  options.agent.role = role;
  options.agent.username = user.substr(0, colon);
  options.agent.password = user.substr(colon + 1);
  options.identity = session::Identity(read_key_file(values["key"].as<std::string>()));
  options.agent.peer = public_key_of("peer", values["peer"].as<std::string>());
  if (options.agent.peer == options.identity.public_key())
    throw CommandError(kWrongUsage, "--peer: it is this peer's own key");
  if (!options.identity.remember(options.agent.peer)) throw CommandError(kWrongUsage, "--peer: it is no public key");
  options.policy = policy_of(values);
  const auto relays = relays_of(values);
  options.ways = ways_of(values, relays);
  for (const auto& relay : relays) options.relays.push_back(relay.address);
  options.json = values["json"].as<bool>();
  return options;
}

agent::Config PeerOptions::agent_config(const net::RelayWay& way) const {
  auto config = agent;
  config.policy = &policy;
  config.identity = &identity;
  config.relay_transport = way.transport;
  for (const auto& relay : relays)
    if (relay.address == way.address.address)
      config.relay = relay;
    else
      config.relay_other_family = relay;
  return config;
}

}  // namespace punchlab::cli
