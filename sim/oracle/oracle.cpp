#include "sim/oracle/oracle.hpp"

#include <algorithm>

#include "sim/oracle/encounter.hpp"

namespace punchlab::oracle {
namespace {

Obstacle blocked(const nat::Chain& chain) {
  const bool any = std::any_of(chain.begin(), chain.end(), [](const nat::Profile& p) { return p.udp_blocked; });
  return any ? Obstacle::udp_blocked : Obstacle::none;
}

bool is_short_lived(const nat::Chain& chain) {
  return std::any_of(chain.begin(), chain.end(), [](const nat::Profile& p) {
    return std::min(p.timers.udp_unreplied, p.timers.udp_replied) < kPunchTime;
  });
}

bool passes_tcp(const nat::Chain& chain, bool to_443) {
  return std::all_of(chain.begin(), chain.end(), [&](const nat::Profile& p) {
    return p.tcp == nat::TcpPassage::allowed || (to_443 && p.tcp == nat::TcpPassage::port_443);
  });
}

/// That gateways have room for one connection is taken for granted.
bool reaches_by_stream(const nat::Chain& own, const nat::Chain& shared, const Ways& ways) {
  return (ways.tcp && passes_tcp(own, false) && passes_tcp(shared, false)) ||
         (ways.tls && passes_tcp(own, true) && passes_tcp(shared, true));
}

/// At least one side has no UDP: what its gateways let through decides about the relay, and nothing about a direct
/// path.
Verdict predict_without_udp(const Chains& chains, const Ways& ways) {
  Choices choices;
  const auto room = Encounter(chains, {}, choices).run(0).obstacles;
  const std::array own{&chains.client, &chains.connector};
  Verdict verdict{Prediction::relayed, blocked(chains.client), blocked(chains.connector)};
  for (std::size_t i = 0; i < own.size(); ++i) {
    const bool udp = blocked(*own[i]) == Obstacle::none && blocked(chains.shared) == Obstacle::none;
    const bool reaches = (udp && ways.udp) || reaches_by_stream(*own[i], chains.shared, ways);
    if (!reaches || (udp && room[i] != Obstacle::none)) verdict.prediction = Prediction::failed;
    if (udp && room[i] != Obstacle::none) (i == 0 ? verdict.client : verdict.connector) = room[i];
  }
  return verdict;
}

/// Every outcome that chance and timing allow, once the relay is reached.
Verdict search(const Chains& chains, const Candidates& candidates) {
  bool can_succeed = false, can_reach = false;
  std::optional<Encounter::Result> failure;
  Choices choices;
  do {
    const auto result = Encounter(chains, candidates, choices).run();
    const bool reached = result.relay_reached || !candidates.reflexive;
    if (!reached && chains.shared.empty()) return {Prediction::failed, result.obstacles[0], result.obstacles[1]};
    can_reach = can_reach || reached;
    can_succeed = can_succeed || result.direct;
    if (!result.direct && !failure) failure = result;
  } while (!(can_succeed && failure) && choices.advance());
  const bool brief = is_short_lived(chains.client) || is_short_lived(chains.connector) || is_short_lived(chains.shared);
  if (!failure) return {brief ? Prediction::may : Prediction::direct};
  const auto otherwise = can_reach ? Prediction::relayed : Prediction::failed;
  return {can_succeed ? Prediction::may : otherwise, failure->obstacles[0], failure->obstacles[1]};
}

/// Shared gateways let no UDP through, but what stays in their network does not pass them.
Verdict predict_within(const Chains& chains, const Ways& ways) {
  if (!reaches_by_stream(chains.client, chains.shared, ways) ||
      !reaches_by_stream(chains.connector, chains.shared, ways))
    return {Prediction::failed, Obstacle::udp_blocked, Obstacle::udp_blocked};
  const auto verdict = search(chains, {false, ways.host_candidates});
  return {verdict.prediction, verdict.prediction == Prediction::direct ? Obstacle::none : Obstacle::udp_blocked,
          verdict.prediction == Prediction::direct ? Obstacle::none : Obstacle::udp_blocked};
}

}  // namespace

const char* name_of(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::none:
      return "";
    case Obstacle::mapping_varies:
      return "mapping-varies";
    case Obstacle::filtered_by_port:
      return "filtered-by-port";
    case Obstacle::filtered_by_address:
      return "filtered-by-address";
    case Obstacle::hairpin_missing:
      return "hairpin-missing";
    case Obstacle::too_many_mappings:
      return "too-many-mappings";
    case Obstacle::udp_blocked:
      return "udp-blocked";
  }
  return "";
}

Verdict predict(const nat::Chain& client, const nat::Chain& connector, const Ways& ways) {
  return predict(client, connector, {}, ways);
}

Verdict predict(const nat::Chain& client, const nat::Chain& connector, const nat::Chain& shared, const Ways& ways) {
  const Chains chains{client, connector, shared};
  if (blocked(client) != Obstacle::none || blocked(connector) != Obstacle::none)
    return predict_without_udp(chains, ways);
  if (blocked(shared) != Obstacle::none) return predict_within(chains, ways);
  if (!ways.udp && !(reaches_by_stream(client, shared, ways) && reaches_by_stream(connector, shared, ways)))
    return {Prediction::failed};
  return search(chains, {true, ways.host_candidates});
}

}  // namespace punchlab::oracle
