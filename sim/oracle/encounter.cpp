#include "sim/oracle/encounter.hpp"

#include <algorithm>

namespace punchlab::oracle {
namespace {

/// Who sends first. Only where an unsolicited packet leaves state behind does it change anything.
enum Order : std::size_t { kCrossing, kClientFirst, kConnectorFirst, kOrders };

bool keeps_unsolicited(const nat::Chain& chain) {
  return std::any_of(chain.begin(), chain.end(),
                     [](const nat::Profile& p) { return p.translates && p.unsolicited_creates_state; });
}

}  // namespace

Encounter::Encounter(const nat::Chain& client, const nat::Chain& connector, Choices& choices)
    : run_{choices},
      relay_{run_.fresh(), run_.fresh()},
      order_matters_(keeps_unsolicited(client) || keeps_unsolicited(connector)),
      peers_{make_peer(client), make_peer(connector)} {}

Encounter::Peer Encounter::make_peer(const nat::Chain& chain) {
  Peer peer;
  peer.host = {run_.fresh(), run_.fresh()};
  for (const auto& profile : chain) peer.gates.emplace_back(profile, run_);
  return peer;
}

Encounter::Result Encounter::run(int rounds) {
  Result result;
  for (std::size_t i = 0; i < 2; ++i) {
    if (!gather(peers_[i])) result.obstacles[i] = Obstacle::too_many_mappings;
  }
  result.relay_reached = result.obstacles == std::array{Obstacle::none, Obstacle::none};
  if (!result.relay_reached) return result;
  peers_[0].remotes.push_back(peers_[1].reflexive);
  peers_[1].remotes.push_back(peers_[0].reflexive);
  const auto order = order_matters_ ? run_.choices.pick(kOrders) : kCrossing;
  for (int i = 0; i < rounds && !result.direct; ++i) result.direct = round(order);
  result.obstacles = {obstacle_of(peers_[0]), obstacle_of(peers_[1])};
  return result;
}

/// A Binding request to the relay and its response. False: no room for even one mapping.
bool Encounter::gather(Peer& peer) {
  const auto reflexive = leave(peer, relay_);
  if (!reflexive || !enter(peer, relay_, *reflexive)) return false;
  peer.reflexive = *reflexive;
  peer.varies = false;
  return true;
}

/// Both peers send a check to everything they know. True: one of them succeeded.
bool Encounter::round(std::size_t order) {
  for (auto& peer : peers_) {
    for (auto& gate : peer.gates) gate.forget_drops();
  }
  if (order == kCrossing) {
    const auto from_client = send_checks(0);
    const auto from_connector = send_checks(1);
    const bool first = deliver(from_client);
    return deliver(from_connector) || first;
  }
  const std::size_t early = order == kClientFirst ? 0 : 1;
  const bool first = deliver(send_checks(early));
  return deliver(send_checks(1 - early)) || first;
}

std::vector<Encounter::Check> Encounter::send_checks(std::size_t sender) {
  std::vector<Check> checks;
  for (const auto& remote : peers_[sender].remotes) {
    if (const auto source = leave(peers_[sender], remote)) checks.push_back({sender, *source, remote});
  }
  return checks;
}

bool Encounter::deliver(const std::vector<Check>& checks) {
  bool success = false;
  for (const auto& check : checks) success = answer(check) || success;
  return success;
}

/// The receiver learns the source as peer-reflexive and answers it. The check succeeds when the answer reaches the sender
/// from where the check was sent to (RFC 8445 section 7.2.5.2.1).
bool Encounter::answer(const Check& check) {
  auto& receiver = peers_[1 - check.sender];
  if (!enter(receiver, check.source, check.destination)) return false;
  auto& known = receiver.remotes;
  if (std::find(known.begin(), known.end(), check.source) == known.end()) known.push_back(check.source);
  const auto source = leave(receiver, check.source);
  return source && enter(peers_[check.sender], *source, check.source) && *source == check.destination;
}

std::optional<Endpoint> Encounter::leave(Peer& peer, Endpoint destination) {
  std::optional<Endpoint> source = peer.host;
  for (auto& gate : peer.gates) {
    source = gate.outbound(*source, destination, run_);
    if (!source) return std::nullopt;
  }
  peer.varies = peer.varies || *source != peer.reflexive;
  return source;
}

bool Encounter::enter(Peer& peer, Endpoint source, Endpoint destination) {
  std::optional<Endpoint> target = destination;
  for (auto gate = peer.gates.rbegin(); gate != peer.gates.rend(); ++gate) {
    target = gate->inbound(source, *target, run_);
    if (!target) return false;
  }
  return *target == peer.host;
}

Obstacle Encounter::obstacle_of(const Peer& peer) const {
  Obstacle strictest = Obstacle::none;
  for (const auto& gate : peer.gates) {
    if (gate.drops() == Obstacle::too_many_mappings) return gate.drops();
    if (strictest != Obstacle::filtered_by_port && gate.drops() != Obstacle::none) strictest = gate.drops();
  }
  return peer.varies ? Obstacle::mapping_varies : strictest;
}

}  // namespace punchlab::oracle
