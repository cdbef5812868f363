#include "sim/trial/topology.hpp"

#include <string>
#include <string_view>

namespace punchlab::trial {
namespace {

/// Documentation and private prefixes only (RFC 5737, RFC 1918, RFC 6598).
struct SideAddresses {
  std::uint32_t outside;      ///< first address of the outermost translator
  std::uint32_t host;         ///< of the host when nothing translates
  std::uint32_t home_prefix;  ///< /24 behind the innermost translator
};
constexpr SideAddresses kClientAddresses{0xCB007101, 0xCB007101, 0xC0A80100};     // 203.0.113.1, 192.168.1.0/24
constexpr SideAddresses kConnectorAddresses{0xC6336401, 0xC6336401, 0x0A000000};  // 198.51.100.1, 10.0.0.0/24
constexpr std::uint32_t kBetweenPrefix = 0x64400000;  // 100.64.0.0/16, between translators of one side
constexpr std::uint32_t kCarrierPrefix =
    0x64600000;  // 100.96.0.0/16, a shared network of homes, and between its translators
constexpr std::uint32_t kHouseholdPrefix = 0xC0A80000;  // 192.168.0.0/24, a shared network with hosts in it
constexpr std::uint32_t kRelayAddress = 0xC0000201;     // 192.0.2.1

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

bool translates(const nat::Chain& chain, std::size_t from = 0) {
  for (; from < chain.size(); ++from)
    if (chain[from].translates) return true;
  return false;
}

std::vector<IpAddress> addresses_from(std::uint32_t first, std::size_t count) {
  std::vector<IpAddress> addresses;
  for (std::uint32_t n = 0; n < count; ++n) addresses.push_back(IpAddress::v4(first + n));
  return addresses;
}

/// Gateways of a chain. The first translator stands on `inside`, a /24; those between translators on /24s from
/// `between`, and the outermost has `outside`.
std::vector<GatewaySpec> gateways(const nat::Chain& chain, std::uint32_t inside, std::uint32_t between,
                                  std::uint32_t outside, const Draw& draw, std::uint64_t name) {
  std::vector<GatewaySpec> all;
  bool translated = false;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto next = between + (static_cast<std::uint32_t>(i) << 8);
    GatewaySpec gateway;
    gateway.profile = chain[i];
    if (chain[i].translates)
      gateway.addressing.external = addresses_from(translates(chain, i + 1) ? next + 2 : outside, chain[i].addresses);
    gateway.addressing.internal = IpAddress::v4((translated ? next - 256 : inside) + 1);
    gateway.key = draw.key(extended(extended(name, "/gateway"), std::to_string(i)));
    translated |= chain[i].translates;
    all.push_back(std::move(gateway));
  }
  return all;
}

HostSpec peer(const Side& side, const SideAddresses& at, const Draw& draw, std::uint64_t name) {
  HostSpec host;
  host.gateways = gateways(side.nats, at.home_prefix, kBetweenPrefix, at.outside, draw, name);
  host.addresses = {IpAddress::v4(translates(side.nats) ? at.home_prefix + 10 : at.host)};
  host.access = link_spec(side.access, draw, extended(name, "/access"));
  return host;
}

/// The /24 of a shared network whose gateways translate.
std::uint32_t shared_prefix(const Cell& cell) {
  const bool homes_only = translates(cell.client.nats) && translates(cell.connector.nats);
  return homes_only ? kCarrierPrefix : kHouseholdPrefix;
}

/// Where the peers stand. Homes of one shared network are alike: both hosts have the same private address.
std::array<SideAddresses, 2> side_addresses(const Cell& cell) {
  if (!cell.shared || !translates(cell.shared->nats)) return {kClientAddresses, kConnectorAddresses};
  const auto prefix = shared_prefix(cell);
  return {SideAddresses{prefix + 2, prefix + 10, kClientAddresses.home_prefix},
          SideAddresses{prefix + 102, prefix + 110, kClientAddresses.home_prefix}};
}

HostSpec shared_network(const Cell& cell, const Draw& draw) {
  const auto name = purpose_of("shared");
  HostSpec network;
  network.gateways =
      gateways(cell.shared->nats, shared_prefix(cell), kCarrierPrefix + 256, kClientAddresses.outside, draw, name);
  network.access = link_spec(cell.shared->access, draw, extended(name, "/access"));
  return network;
}

bool plain_direction(const LinkDirection& d) { return d.loss == 0 && d.jitter.is_constant() && d.jitter.a == 0; }

}  // namespace

bool LinkSpec::plain() const {
  return medium == Medium::wire && cross_traffic == 0 && plain_direction(up) && plain_direction(down);
}

Topology draw_topology(const Cell& cell, std::uint64_t seed, std::uint64_t trial) {
  const Draw draw{seed, cell.world, trial};
  Topology topology;
  const auto addresses = side_addresses(cell);
  topology.hosts[0] = peer(cell.client, addresses[0], draw, purpose_of("client"));
  topology.hosts[1] = peer(cell.connector, addresses[1], draw, purpose_of("connector"));
  if (cell.shared) topology.shared = shared_network(cell, draw);
  auto& relay = topology.hosts[2];
  relay.addresses = {IpAddress::v4(kRelayAddress), IpAddress::v4(kRelayAddress + 1)};
  relay.access = link_spec(cell.relay, draw, purpose_of("relay/access"));
  return topology;
}

}  // namespace punchlab::trial
