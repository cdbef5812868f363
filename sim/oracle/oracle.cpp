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

/// That a gateway has room for one connection is taken for granted.
bool reaches_by_stream(const nat::Chain& chain, const Ways& ways) {
  return (ways.tcp && passes_tcp(chain, false)) || (ways.tls && passes_tcp(chain, true));
}

/// At least one side has no UDP: what its gateways let through decides about the relay, and nothing about a direct path.
Verdict predict_without_udp(const nat::Chain& client, const nat::Chain& connector, const Ways& ways) {
  Choices choices;
  const auto room = Encounter(client, connector, choices).run(0).obstacles;
  const std::array chains{&client, &connector};
  Verdict verdict{Prediction::relayed, blocked(client), blocked(connector)};
  for (std::size_t i = 0; i < chains.size(); ++i) {
    const bool udp = blocked(*chains[i]) == Obstacle::none;
    const bool reaches = (udp && ways.udp) || reaches_by_stream(*chains[i], ways);
    if (!reaches || (udp && room[i] != Obstacle::none)) verdict.prediction = Prediction::failed;
    if (udp && room[i] != Obstacle::none) (i == 0 ? verdict.client : verdict.connector) = room[i];
  }
  return verdict;
}

}  // namespace

const char* name_of(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::none: return "";
    case Obstacle::mapping_varies: return "mapping-varies";
    case Obstacle::filtered_by_port: return "filtered-by-port";
    case Obstacle::filtered_by_address: return "filtered-by-address";
    case Obstacle::too_many_mappings: return "too-many-mappings";
    case Obstacle::udp_blocked: return "udp-blocked";
  }
  return "";
}

Verdict predict(const nat::Chain& client, const nat::Chain& connector, const Ways& ways) {
  if (blocked(client) != Obstacle::none || blocked(connector) != Obstacle::none)
    return predict_without_udp(client, connector, ways);
  if (!ways.udp && !(reaches_by_stream(client, ways) && reaches_by_stream(connector, ways))) return {Prediction::failed};
  bool can_succeed = false;
  std::optional<Encounter::Result> failure;
  Choices choices;
  do {
    const auto result = Encounter(client, connector, choices).run();
    if (!result.relay_reached) return {Prediction::failed, result.obstacles[0], result.obstacles[1]};
    can_succeed = can_succeed || result.direct;
    if (!result.direct && !failure) failure = result;
  } while (!(can_succeed && failure) && choices.advance());
  if (!failure) return {is_short_lived(client) || is_short_lived(connector) ? Prediction::may : Prediction::direct};
  return {can_succeed ? Prediction::may : Prediction::relayed, failure->obstacles[0], failure->obstacles[1]};
}

}  // namespace punchlab::oracle
