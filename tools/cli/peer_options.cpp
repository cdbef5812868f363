#include "tools/cli/peer_options.hpp"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include "tools/cli/key_file.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

std::string host_of(const std::string& text) { return text.substr(0, text.rfind(':')); }

std::shared_ptr<const net::TlsCredentials> tls_of(const po::variables_map& values, const std::string& relay) {
  const auto authorities = values.count("tls-ca") > 0 ? values["tls-ca"].as<std::string>() : std::string{};
  const auto name = values.count("tls-name") > 0 ? values["tls-name"].as<std::string>() : host_of(relay);
  try {
    return net::TlsCredentials::client(authorities, name);
  } catch (const std::runtime_error& error) {
    throw CommandError(kWrongUsage, error.what());
  }
}

std::vector<net::RelayWay> ways_of(const po::variables_map& values) {
  const auto& relay = values["relay"].as<std::string>();
  const auto address = address_of("relay", relay);
  std::istringstream names(values["transport"].as<std::string>());
  std::vector<net::RelayWay> ways;
  for (std::string name; std::getline(names, name, ',');) {
    if (name == "udp") ways.push_back({Transport::udp, address, nullptr});
    else if (name == "tcp") ways.push_back({Transport::tcp, address, nullptr});
    else if (name == "tls") ways.push_back({Transport::tls, {address.address, values["tls-port"].as<std::uint16_t>()}, tls_of(values, relay)});
    else throw CommandError(kWrongUsage, fmt::format("--transport {}: it must be some of udp, tcp, tls, with commas", name));
  }
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
  add("relay", po::value<std::string>()->required(), "the relay, HOST[:PORT]; port 3478 unless given");
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
  if (options.agent.peer == options.identity.public_key()) throw CommandError(kWrongUsage, "--peer: it is this peer's own key");
  if (!options.identity.remember(options.agent.peer)) throw CommandError(kWrongUsage, "--peer: it is no public key");
  options.policy = policy_of(values);
  options.ways = ways_of(values);
  options.agent.relay = address_of("relay", values["relay"].as<std::string>());
  options.json = values["json"].as<bool>();
  return options;
}

agent::Config PeerOptions::agent_config(Transport transport) const {
  auto config = agent;
  config.policy = &policy;
  config.identity = &identity;
  config.relay_transport = transport;
  return config;
}

}  // namespace punchlab::cli
