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

Verdict predict(const nat::Chain& client, const nat::Chain& connector) {
  const auto client_blocked = blocked(client);
  const auto connector_blocked = blocked(connector);
  if (client_blocked != Obstacle::none || connector_blocked != Obstacle::none) {
    return {Prediction::failed, client_blocked, connector_blocked};
  }
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
