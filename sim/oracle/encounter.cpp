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

Encounter::Encounter(const Chains& chains, const Candidates& candidates, Choices& choices)
    : run_{choices},
      relay_{run_.fresh(), run_.fresh()},
      candidates_(candidates),
      order_matters_(keeps_unsolicited(chains.client) || keeps_unsolicited(chains.connector) ||
                     keeps_unsolicited(chains.shared)),
      peers_{make_peer(chains.client), make_peer(chains.connector)} {
  for (const auto& profile : chains.shared) shared_.emplace_back(profile, run_);
}

Encounter::Peer Encounter::make_peer(const nat::Chain& chain) {
  Peer peer;
  peer.host = {run_.fresh(), run_.fresh()};
  for (const auto& profile : chain) peer.gates.emplace_back(profile, run_);
  return peer;
}

bool Encounter::Peer::stands_at(int address) const {
  for (auto gate = gates.rbegin(); gate != gates.rend(); ++gate)
    if (gate->translates()) return gate->owns(address);
  return host.address == address;
}

Encounter::Result Encounter::run(int rounds) {
  Result result;
  for (std::size_t i = 0; i < 2; ++i) {
    if (!gather(i)) result.obstacles[i] = Obstacle::too_many_mappings;
  }
  result.relay_reached = result.obstacles == std::array{Obstacle::none, Obstacle::none};
  if (!result.relay_reached && candidates_.reflexive) return result;
  exchange_candidates();
  const auto order = order_matters_ ? run_.choices.pick(kOrders) : kCrossing;
  for (int i = 0; i < rounds && !result.direct; ++i) result.direct = round(order);
  result.obstacles = {obstacle_of(peers_[0]), obstacle_of(peers_[1])};
  return result;
}

/// A Binding request to the relay and its response. False: no room for even one mapping.
bool Encounter::gather(std::size_t index) {
  auto& peer = peers_[index];
  peer.usual.clear();
  auto seen = leave(peer, relay_);
  if (seen) peer.usual.push_back(*seen);
  for (auto& gate : shared_) {
    if (seen) seen = gate.outbound(*seen, relay_, run_);
    if (seen) peer.usual.push_back(*seen);
  }
  std::optional<Endpoint> back = seen;
  for (auto gate = shared_.rbegin(); back && gate != shared_.rend(); ++gate) back = gate->inbound(relay_, *back, run_);
  peer.varies = false;
  return back && enter(peer, relay_, *back);
}

/// A peer's own address is of use to the other where nothing of its own translates; without a shared network it is also
/// its server-reflexive one.
void Encounter::exchange_candidates() {
  for (std::size_t i = 0; i < 2; ++i) {
    auto& remotes = peers_[i].remotes;
    const auto& other = peers_[1 - i];
    if (candidates_.reflexive) remotes.push_back(other.reflexive());
    const bool known = candidates_.reflexive && other.reflexive() == other.host;
    if (candidates_.host && !other.translated() && !known) remotes.push_back(other.host);
  }
}

/// Both peers send a check to everything they know. True: one of them succeeded.
bool Encounter::round(std::size_t order) {
  for (auto* gates : {&peers_[0].gates, &peers_[1].gates, &shared_})
    for (auto& gate : *gates) gate.forget_drops();
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
    if (const auto check = depart(sender, remote)) checks.push_back(*check);
  }
  return checks;
}

bool Encounter::deliver(const std::vector<Check>& checks) {
  bool success = false;
  for (const auto& check : checks) success = answer(check) || success;
  return success;
}

/// The receiver learns the source as peer-reflexive and answers it. The check succeeds when the answer reaches the
/// sender from where the check was sent to (RFC 8445 section 7.2.5.2.1).
bool Encounter::answer(const Check& check) {
  const auto arrival = arrive(check);
  if (!arrival || arrival->peer == check.sender) return false;
  auto& known = peers_[arrival->peer].remotes;
  if (std::find(known.begin(), known.end(), arrival->source) == known.end()) known.push_back(arrival->source);
  const auto back = depart(arrival->peer, arrival->source);
  const auto answer = back ? arrive(*back) : std::nullopt;
  return answer && answer->peer == check.sender && answer->source == check.destination;
}

/// Through the sender's own gates.
std::optional<Endpoint> Encounter::leave(Peer& peer, Endpoint destination) {
  std::optional<Endpoint> source = peer.host;
  for (auto& gate : peer.gates) {
    source = gate.outbound(*source, destination, run_);
    if (!source) return std::nullopt;
  }
  note(peer, 0, *source);
  return source;
}

void Encounter::note(Peer& peer, std::size_t stage, Endpoint seen) {
  peer.varies = peer.varies || stage >= peer.usual.size() || seen != peer.usual[stage];
}

/// Out through the sender's own gates and, unless the destination stands in the same network, through the shared ones
/// up to that which has its address.
std::optional<Encounter::Check> Encounter::depart(std::size_t sender, Endpoint destination) {
  auto source = leave(peers_[sender], destination);
  if (source && standing_at(destination.address)) return Check{sender, *source, destination, std::nullopt};
  for (std::size_t i = 0; source && i < shared_.size(); ++i) {
    if (shared_[i].owns(destination.address)) return Check{sender, *source, destination, i};
    source = shared_[i].outbound(*source, destination, run_);
    if (source) note(peers_[sender], i + 1, *source);
  }
  return std::nullopt;
}

std::optional<Encounter::Arrival> Encounter::arrive(const Check& check) {
  if (check.turns_at) return turn_back(*check.turns_at, check.sender, check.source, check.destination);
  const auto peer = standing_at(check.destination.address);
  return peer ? hand_over(*peer, check.source, check.destination) : std::nullopt;
}

std::optional<Encounter::Arrival> Encounter::turn_back(std::size_t gate, std::size_t sender, Endpoint source,
                                                       Endpoint destination) {
  const auto turned = shared_[gate].turn_back(source, destination, run_);
  if (!turned) return std::nullopt;
  note(peers_[sender], gate + 1, turned->outside);
  std::optional<Endpoint> target = turned->destination;
  while (target && gate-- > 0) target = shared_[gate].inbound(turned->source, *target, run_);
  const auto peer = target ? standing_at(target->address) : std::nullopt;
  return peer ? hand_over(*peer, turned->source, *target) : std::nullopt;
}

/// In the network that both stand in: the internet, or the shared one.
std::optional<std::size_t> Encounter::standing_at(int address) const {
  for (std::size_t i = 0; i < 2; ++i)
    if (peers_[i].stands_at(address)) return i;
  return std::nullopt;
}

std::optional<Encounter::Arrival> Encounter::hand_over(std::size_t peer, Endpoint source, Endpoint destination) {
  return enter(peers_[peer], source, destination) ? std::optional{Arrival{peer, source}} : std::nullopt;
}

bool Encounter::enter(Peer& peer, Endpoint source, Endpoint destination) {
  std::optional<Endpoint> target = destination;
  for (auto gate = peer.gates.rbegin(); gate != peer.gates.rend(); ++gate) {
    target = gate->inbound(source, *target, run_);
    if (!target) return false;
  }
  return *target == peer.host;
}

/// What stands in the way at a peer's own gates, and at the shared ones.
Obstacle Encounter::obstacle_of(const Peer& peer) const {
  Obstacle strictest = Obstacle::none;
  for (const auto* gates : {&peer.gates, &shared_})
    for (const auto& gate : *gates) {
      if (gate.drops() == Obstacle::too_many_mappings || gate.drops() == Obstacle::hairpin_missing) return gate.drops();
      if (strictest != Obstacle::filtered_by_port && gate.drops() != Obstacle::none) strictest = gate.drops();
    }
  return peer.varies ? Obstacle::mapping_varies : strictest;
}

}  // namespace punchlab::oracle
