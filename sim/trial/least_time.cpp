#include "sim/trial/least_time.hpp"

#include <algorithm>

#include "sim/trial/ways.hpp"

namespace punchlab::trial {
namespace {

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
  return profile.translates && nat::shares_ports(profile.on_collision) && (preserves || few);
}

/// What a peer's checks meet on their way to the other.
struct Traits {
  bool varies = false;  ///< the peer sees another address or port than the relay saw, for certain
  bool varies_by_port = false;
  /// Packets of a peer get in although they come from another port than was sent to: from wherever they come, or, where
  /// one mapping serves all destinations, from an address that was sent to.
  bool admits_strangers = true;
};

Traits traits_of(const std::vector<const nat::Profile*>& gateways) {
  Traits traits;
  bool may_share = false;
  for (const auto* p : gateways) {
    traits.varies |= varies(*p);
    may_share |= shares_ports(*p);
    traits.varies_by_port |= varies(*p) && p->mapping == nat::Dependence::address_and_port_dependent;
    traits.admits_strangers &= p->filtering == nat::Dependence::endpoint_independent ||
                               (p->filtering == nat::Dependence::address_dependent && !varies(*p));
  }
  traits.varies &= !may_share;
  return traits;
}

/// The gateways of the shared network that packets between the peers pass: up to its outermost translator, where they
/// turn back. None when nothing translates.
std::vector<const nat::Profile*> turning_gateways(const Topology& topology) {
  std::vector<const nat::Profile*> gateways;
  if (!topology.shared) return gateways;
  for (const auto& gateway : topology.shared->gateways) gateways.push_back(&gateway.profile);
  while (!gateways.empty() && !gateways.back()->translates) gateways.pop_back();
  return gateways;
}

Traits traits_of(const Topology& topology, HostId peer) {
  std::vector<const nat::Profile*> gateways;
  for (const auto& gateway : topology.host(peer).gateways) gateways.push_back(&gateway.profile);
  for (const auto* shared : turning_gateways(topology)) gateways.push_back(shared);
  return traits_of(gateways);
}

/// When each side sends the check that succeeds.
struct Checks {
  Time client, connector;
};

/// First checks leave at `first`; when each side has got one of the other by then.
Checks known(const Checks& first, const Ways& direct) {
  return {std::max(first.client, first.connector + direct.back),
          std::max(first.connector, first.client + direct.there)};
}

/// When each side sends the first check that gets past the place where it turns back. Where one gateway filters for
/// both, checks cannot cross: the one that comes first is dropped, and that side's next is a retransmission, or follows
/// from the other's.
Checks past_the_turn(const Topology& topology, const Checks& first, const Ways& direct, Duration rto) {
  const auto gateways = turning_gateways(topology);
  if (std::ranges::all_of(gateways,
                          [](const auto* g) { return g->filtering == nat::Dependence::endpoint_independent; }))
    return first;
  const auto at_gateway = [&](HostId side, Time sent) { return sent + topology.host(side).access.up.latency; };
  const auto later = at_gateway(HostId::connector, first.connector) - at_gateway(HostId::client, first.client);
  const auto knows = known(first, direct);
  Checks out = first;
  if (later > Duration{0}) out.client = std::min(knows.client, first.client + std::max(rto, later));
  if (later < Duration{0}) out.connector = std::min(knows.connector, first.connector + std::max(rto, -later));
  return out;
}

/// To server-reflexive addresses. A side whose mapping varies is known to the other only by a check that gets in; when
/// both vary, that first one gets in only where strangers are admitted, and everything follows from it. A mapping that
/// varies by port must have been made for the very port that is then answered, so that the first check only shows where
/// to ask.
Checks to_reflexive(const Topology& topology, const Checks& first, const Ways& direct) {
  const auto client = traits_of(topology, HostId::client);
  const auto connector = traits_of(topology, HostId::connector);
  const auto knows = known(first, direct);
  const auto turning = turning_gateways(topology);
  if (!turning.empty() && turning.back()->hairpinning == nat::Hairpinning::internal_source)
    return knows;  // answers come from inside
  if (!client.varies || !connector.varies)
    return {connector.varies ? knows.client : first.client, client.varies ? knows.connector : first.connector};
  Checks checks = knows;
  if (!client.admits_strangers) checks.client = knows.connector + direct.back;
  if (!connector.admits_strangers) checks.connector = knows.client + direct.there;
  if (connector.varies_by_port) checks.client = std::max(checks.client, checks.connector + direct.back);
  if (client.varies_by_port) checks.connector = std::max(checks.connector, checks.client + direct.there);
  return checks;
}

/// To private addresses on the shared network, where a peer without a translator of its own has one.
std::optional<Checks> to_hosts(const Topology& topology, const Checks& first, const Ways& direct) {
  if (turning_gateways(topology).empty()) return std::nullopt;
  const auto reachable = [&](HostId peer) {
    return &topology.host(peer).outside_addresses() == &topology.host(peer).addresses;
  };
  const bool client = reachable(HostId::client), connector = reachable(HostId::connector);
  if (!client && !connector) return std::nullopt;
  const auto knows = known(first, direct);
  return Checks{connector ? first.client : knows.client, client ? first.connector : knows.connector};
}

Checks successful_checks(const Topology& topology, const Checks& first, const Ways& direct, Duration rto) {
  const auto reflexive = to_reflexive(topology, past_the_turn(topology, first, direct, rto), direct);
  const auto hosts = to_hosts(topology, first, direct);
  if (!hosts) return reflexive;
  if (turning_gateways(topology).back()->hairpinning == nat::Hairpinning::none) return *hosts;
  const auto last = [](const Checks& c) { return std::max(c.client, c.connector); };
  return last(*hosts) < last(reflexive) ? *hosts : reflexive;
}

/// First checks, when the relay has the answer at `answer`: at the moment that it times by round trips, from which each
/// side is off by half of what its ways differ; else as soon as each has the other's candidates.
Checks first_checks(const Policy& policy, Time answer, const Ways& client, const Ways& connector) {
  Checks first{answer + client.back, answer - connector.there};
  if (policy.synchronised_start) {
    const auto wait = std::max(client.round_trip(), connector.round_trip()) / 2;
    first = {first.client + wait - client.round_trip() / 2,
             answer + connector.back + wait - connector.round_trip() / 2};
  }
  first.client += policy.start_skew;
  return first;
}

}  // namespace

std::optional<Duration> least_time_to_direct(const Cell& cell, const Topology& topology, Time client_start,
                                             Time connector_start) {
  if (!fixed(topology)) return std::nullopt;
  const auto client = to_relay(topology, HostId::client);
  const auto connector = to_relay(topology, HostId::connector);
  const auto direct = between(topology.host(HostId::client), topology.host(HostId::connector));
  // Challenge and authenticated request take one and a half round trips; the offer waits for whoever is later.
  const Time offer_at_relay = client_start + client.round_trip() + client.there;
  const Time connector_known = connector_start + connector.round_trip() + connector.there;
  const Time answer_at_relay = std::max(offer_at_relay, connector_known) + connector.round_trip();
  const auto first = first_checks(cell.policy, answer_at_relay, client, connector);
  const auto checks = successful_checks(topology, first, direct, cell.policy.rto);
  return std::max(checks.client, checks.connector) + direct.round_trip() - std::max(client_start, connector_start);
}

}  // namespace punchlab::trial
