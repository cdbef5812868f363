#include "sim/trial/topology.hpp"

#include <string>
#include <string_view>

namespace punchlab::trial {
namespace {

/// Documentation and private prefixes only (RFC 5737, RFC 1918, RFC 6598).
struct SideAddresses {
  std::uint32_t public_prefix;  ///< /24 of the outermost translator, or of the host when nothing translates
  std::uint32_t home_prefix;    ///< /24 behind the innermost translator
};
constexpr SideAddresses kClientAddresses{0xCB007100, 0xC0A80100};     // 203.0.113.0/24, 192.168.1.0/24
constexpr SideAddresses kConnectorAddresses{0xC6336400, 0x0A000000};  // 198.51.100.0/24, 10.0.0.0/24
constexpr std::uint32_t kSharedPrefix = 0x64400000;                   // 100.64.0.0/10, between translators
constexpr std::uint32_t kRelayAddress = 0xC0000201;                   // 192.0.2.1

struct Draw {
  std::uint64_t seed;
  std::uint64_t world;
  std::uint64_t trial;
  RngKey key(std::uint64_t purpose) const { return {seed, world, trial, purpose}; }
};

/// `purpose_of` of the name that was hashed to `name` followed by `more`, which takes no string to build.
std::uint64_t extended(std::uint64_t name, std::string_view more) {
  for (const char c : more) name = (name ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  return name;
}

LinkDirection direction(const Link& link, bool up, const Draw& draw, std::uint64_t name) {
  LinkDirection d;
  const auto& latency = up && link.up_latency ? *link.up_latency : link.latency;
  SeededRng rng(draw.key(extended(name, up && link.up_latency ? "/up-latency" : "/latency")));
  d.latency = latency.sample(rng);
  d.jitter = link.jitter;
  d.loss = link.loss;
  d.bandwidth = link.bandwidth.value_or(link::kPlainBandwidth);
  if (up && link.up_bandwidth) d.bandwidth = *link.up_bandwidth;
  d.key = draw.key(extended(name, up ? "/up" : "/down"));
  return d;
}

LinkSpec link_spec(const Link& link, const Draw& draw, std::uint64_t name) {
  LinkSpec spec;
  spec.up = direction(link, true, draw, name);
  spec.down = direction(link, false, draw, name);
  spec.queue = link.queue;
  spec.medium = link.medium;
  spec.cross_traffic = link.cross_traffic;
  return spec;
}

/// External addresses of gateway `i`: public when no translator stands further out.
std::vector<IpAddress> external_addresses(const nat::Chain& chain, std::size_t i, const SideAddresses& side) {
  bool translator_further_out = false;
  for (std::size_t k = i + 1; k < chain.size(); ++k) translator_further_out |= chain[k].translates;
  std::vector<IpAddress> addresses;
  for (std::uint32_t n = 0; n < chain[i].addresses; ++n) {
    const auto shared = kSharedPrefix + (static_cast<std::uint32_t>(i) << 8) + 2 + n;
    addresses.push_back(IpAddress::v4(translator_further_out ? shared : side.public_prefix + 1 + n));
  }
  return addresses;
}

HostSpec peer(const Side& side, const SideAddresses& prefixes, const Draw& draw, std::uint64_t name) {
  HostSpec host;
  bool translated = false;
  for (std::size_t i = 0; i < side.nats.size(); ++i) {
    GatewaySpec gateway;
    gateway.profile = side.nats[i];
    if (gateway.profile.translates) gateway.addressing.external = external_addresses(side.nats, i, prefixes);
    const auto inside = translated ? kSharedPrefix + (static_cast<std::uint32_t>(i - 1) << 8) : prefixes.home_prefix;
    gateway.addressing.internal = IpAddress::v4(inside + 1);
    gateway.key = draw.key(extended(extended(name, "/gateway"), std::to_string(i)));
    translated |= gateway.profile.translates;
    host.gateways.push_back(std::move(gateway));
  }
  host.addresses = {IpAddress::v4(translated ? prefixes.home_prefix + 10 : prefixes.public_prefix + 1)};
  host.access = link_spec(side.access, draw, extended(name, "/access"));
  return host;
}

bool plain_direction(const LinkDirection& d) {
  return d.loss == 0 && d.jitter.is_constant() && d.jitter.a == 0;
}

}  // namespace

bool LinkSpec::plain() const {
  return medium == Medium::wire && cross_traffic == 0 && plain_direction(up) && plain_direction(down);
}

Topology draw_topology(const Cell& cell, std::uint64_t seed, std::uint64_t trial) {
  const Draw draw{seed, cell.world, trial};
  Topology topology;
  topology.hosts[0] = peer(cell.client, kClientAddresses, draw, purpose_of("client"));
  topology.hosts[1] = peer(cell.connector, kConnectorAddresses, draw, purpose_of("connector"));
  auto& relay = topology.hosts[2];
  relay.addresses = {IpAddress::v4(kRelayAddress), IpAddress::v4(kRelayAddress + 1)};
  relay.access = link_spec(cell.relay, draw, purpose_of("relay/access"));
  return topology;
}

}  // namespace punchlab::trial
