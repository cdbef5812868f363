#include "sim/trial/least_time.hpp"

#include <algorithm>

#include "protocol/session/session.hpp"
#include "sim/link/transmitter.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::trial {
namespace {

/// One-way delays between two hosts.
struct Ways {
  Duration there, back;
  Duration round_trip() const { return there + back; }
};

Ways between(const HostSpec& a, const HostSpec& b) {
  return {a.access.up.latency + b.access.down.latency, b.access.up.latency + a.access.down.latency};
}

bool fixed(const LinkSpec& link) { return link.medium == Medium::wire && link.cross_traffic == 0; }

bool fixed(const Topology& topology) {
  return std::all_of(topology.hosts.begin(), topology.hosts.end(), [](const auto& host) { return fixed(host.access); });
}

/// Transmission of one packet from a host to the core, or from the core to it, over every link of its side.
Duration transmission(const HostSpec& host, const LinkDirection& access, std::size_t ip_size) {
  const auto lan = link::transmission_time(ip_size, link::kPlainBandwidth);
  return lan * static_cast<std::int64_t>(host.gateways.size()) + link::transmission_time(ip_size, access.bandwidth);
}

/// With fewer ports than this, a mapping that may share ports may also look as if it never varied.
constexpr int kManyPorts = 1000;

bool varies(const nat::Profile& profile) {
  return profile.translates && profile.mapping != nat::Dependence::endpoint_independent;
}

/// Two mappings of one host may get the same port.
bool shares_ports(const nat::Profile& profile) {
  const bool block = profile.port_allocation == nat::PortAllocation::block;
  const bool few = profile.ports.last - profile.ports.first < kManyPorts || (block && profile.block_size < kManyPorts);
  const bool preserves = profile.port_allocation == nat::PortAllocation::preserve;
  return profile.translates && profile.on_collision == nat::OnCollision::overload && (preserves || few);
}

/// The peer sees another address or port than the relay saw, for certain.
bool varies(const HostSpec& host) {
  const auto& gateways = host.gateways;
  return std::any_of(gateways.begin(), gateways.end(), [](const auto& g) { return varies(g.profile); }) &&
         std::none_of(gateways.begin(), gateways.end(), [](const auto& g) { return shares_ports(g.profile); });
}

bool varies_by_port(const HostSpec& host) {
  return std::any_of(host.gateways.begin(), host.gateways.end(), [](const GatewaySpec& gateway) {
    return varies(gateway.profile) && gateway.profile.mapping == nat::Dependence::address_and_port_dependent;
  });
}

/// Packets of a peer get in although they come from another port than was sent to: from wherever they come, or, where one
/// mapping serves all destinations, from an address that was sent to.
bool admits_strangers(const HostSpec& host) {
  return std::all_of(host.gateways.begin(), host.gateways.end(), [](const GatewaySpec& gateway) {
    const auto& profile = gateway.profile;
    return profile.filtering == nat::Dependence::endpoint_independent ||
           (profile.filtering == nat::Dependence::address_dependent && !varies(profile));
  });
}

/// When each side sends the check that succeeds.
struct Checks {
  Time client, connector;
};

/// First checks leave at `first`. A side whose mapping varies is known to the other only by a check that gets in; when both
/// vary, that first one gets in only where strangers are admitted, and everything follows from it. A mapping that varies by
/// port must have been made for the very port that is then answered, so that the first check only shows where to ask.
Checks successful_checks(const Topology& topology, const Checks& first, const Ways& direct) {
  const auto& client = topology.host(HostId::client);
  const auto& connector = topology.host(HostId::connector);
  const Time client_knows = std::max(first.client, first.connector + direct.back);
  const Time connector_knows = std::max(first.connector, first.client + direct.there);
  if (!varies(client) || !varies(connector))
    return {varies(connector) ? client_knows : first.client, varies(client) ? connector_knows : first.connector};
  Checks checks{client_knows, connector_knows};
  if (!admits_strangers(client)) checks.client = connector_knows + direct.back;
  if (!admits_strangers(connector)) checks.connector = client_knows + direct.there;
  if (varies_by_port(connector)) checks.client = std::max(checks.client, checks.connector + direct.back);
  if (varies_by_port(client)) checks.connector = std::max(checks.connector, checks.client + direct.there);
  return checks;
}

/// First checks, when the relay has the answer at `answer`: at the moment that it times by round trips, from which each side
/// is off by half of what its ways differ; else as soon as each has the other's candidates.
Checks first_checks(const Policy& policy, Time answer, const Ways& client, const Ways& connector) {
  Checks first{answer + client.back, answer - connector.there};
  if (policy.synchronised_start) {
    const auto wait = std::max(client.round_trip(), connector.round_trip()) / 2;
    first = {first.client + wait - client.round_trip() / 2, answer + connector.back + wait - connector.round_trip() / 2};
  }
  first.client += policy.start_skew;
  return first;
}

}  // namespace

std::optional<Duration> least_time_to_direct(const Cell& cell, const Topology& topology, Time client_start,
                                             Time connector_start) {
  if (!fixed(topology)) return std::nullopt;
  const auto& relay = topology.host(HostId::relay);
  const auto client = between(topology.host(HostId::client), relay);
  const auto connector = between(topology.host(HostId::connector), relay);
  const auto direct = between(topology.host(HostId::client), topology.host(HostId::connector));
  // Challenge and authenticated request take one and a half round trips; the offer waits for whoever is later.
  const Time offer_at_relay = client_start + client.round_trip() + client.there;
  const Time connector_known = connector_start + connector.round_trip() + connector.there;
  const Time answer_at_relay = std::max(offer_at_relay, connector_known) + connector.round_trip();
  const auto first = first_checks(cell.policy, answer_at_relay, client, connector);
  const auto checks = successful_checks(topology, first, direct);
  return std::max(checks.client, checks.connector) + direct.round_trip() - std::max(client_start, connector_start);
}

std::optional<Duration> direct_round_trip(const Cell& cell, const Topology& topology) {
  if (!fixed(topology)) return std::nullopt;
  const auto& a = topology.host(HostId::client);
  const auto& b = topology.host(HostId::connector);
  const auto size = cell.traffic.size + session::Session::kOverhead + packet::udp_overhead(Family::ipv4);
  return between(a, b).round_trip() + transmission(a, a.access.up, size) + transmission(b, b.access.down, size) +
         transmission(b, b.access.up, size) + transmission(a, a.access.down, size);
}

}  // namespace punchlab::trial
