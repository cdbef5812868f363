#include "sim/trial/added_latency.hpp"

#include <algorithm>

#include "protocol/session/session.hpp"
#include "sim/link/transmitter.hpp"
#include "sim/packet/packet.hpp"
#include "sim/trial/ways.hpp"

namespace punchlab::trial {
namespace {

bool has_jitter(const LinkSpec& link) {
  const auto none = link::Distribution::constant(0);
  return !(link.up.jitter == none) || !(link.down.jitter == none);
}

bool steady(const LinkSpec& link) { return fixed(link) && !has_jitter(link); }

/// Of every link that a packet between the peers crosses.
bool steady(const Topology& topology) {
  return std::ranges::all_of(topology.hosts, [](const auto& host) { return steady(host.access); }) &&
         (!topology.shared || steady(topology.shared->access));
}

std::size_t probe_size(const Cell& cell) {
  return cell.traffic.size + session::Session::kOverhead + packet::udp_overhead(Family::ipv4);
}

/// Transmission of one packet from a host to the core, or from the core to it, over every link of its side.
Duration transmission(const HostSpec& host, const LinkDirection& access, std::size_t ip_size) {
  const auto lan = link::transmission_time(ip_size, link::kPlainBandwidth);
  return lan * static_cast<std::int64_t>(host.gateways.size()) + link::transmission_time(ip_size, access.bandwidth);
}

/// There and back.
Duration transmissions(const HostSpec& host, std::size_t ip_size) {
  return transmission(host, host.access.up, ip_size) + transmission(host, host.access.down, ip_size);
}

}  // namespace

std::optional<Duration> direct_round_trip(const Cell& cell, const Topology& topology) {
  if (!fixed(topology)) return std::nullopt;
  const auto& a = topology.host(HostId::client);
  const auto& b = topology.host(HostId::connector);
  return between(a, b).round_trip() + transmissions(a, probe_size(cell)) + transmissions(b, probe_size(cell));
}

std::optional<Duration> relay_detour(const Cell& cell, const Topology& topology) {
  const auto& relay = topology.host(HostId::relay);
  if (!steady(relay.access) || (topology.shared && !steady(topology.shared->access))) return std::nullopt;
  const auto direct = between(topology.host(HostId::client), topology.host(HostId::connector));
  auto once = transmissions(relay, probe_size(cell));
  if (topology.shared) once += transmissions(*topology.shared, probe_size(cell));
  return to_relay(topology, HostId::client).round_trip() + to_relay(topology, HostId::connector).round_trip() -
         direct.round_trip() + 2 * once;
}

std::optional<Duration> added_latency(const Cell& cell, const Topology& topology, const TakenPath& taken) {
  if (!taken.round_trip) return std::nullopt;
  const auto route = direct_round_trip(cell, topology);
  if (route && steady(topology)) return *taken.round_trip - *route;
  if (taken.rtt_direct) return *taken.round_trip - *taken.rtt_direct;
  const auto detour = taken.datagrams && !taken.direct ? relay_detour(cell, topology) : std::nullopt;
  if (detour) return detour;
  return route ? std::optional(*taken.round_trip - *route) : std::nullopt;
}

}  // namespace punchlab::trial
