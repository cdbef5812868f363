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

bool varies(const HostSpec& host) {
  return std::any_of(host.gateways.begin(), host.gateways.end(), [](const GatewaySpec& gateway) {
    return gateway.profile.translates && gateway.profile.mapping != nat::Dependence::endpoint_independent;
  });
}

/// A side whose mapping varies is known to the other only by its first check: the other's own check starts that one way
/// later. When both vary, both learn so, and the earlier one decides.
Duration discovery(const Topology& topology, const Ways& direct) {
  const bool client = varies(topology.host(HostId::client));
  const bool connector = varies(topology.host(HostId::connector));
  if (client && connector) return std::min(direct.there, direct.back);
  if (client) return direct.there;
  return connector ? direct.back : Duration{0};
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
  Time start = answer_at_relay + client.back;
  if (cell.policy.synchronised_start)
    start = std::max(start, answer_at_relay + std::max(client.round_trip(), connector.round_trip()) / 2);
  return start + direct.round_trip() + discovery(topology, direct) - std::max(client_start, connector_start);
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
