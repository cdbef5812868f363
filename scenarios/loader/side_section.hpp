#pragma once
// `client` and `connector`: which gateways each stands behind, over which links.
#include "scenarios/loader/presets.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::loader {

/// All that one side may be. A population has a weight for each NAT, and sides are drawn from it pair by pair.
struct SideChoices {
  /// One possible side; `nat` counts the different NATs from 0 in their order.
  struct Variant {
    trial::Side side;
    std::size_t nat = 0;
    bool same_agent = false;  ///< stands only opposite a client of its own agent
  };
  std::vector<Variant> variants;
  std::vector<double> weights;  ///< of each NAT of a population, summing to 1; else empty
  std::size_t nats = 0;         ///< number of different NATs
};

/// The agent as labels name it: a path without its folders.
std::string agent_label(const trial::AgentChoice& agent);
/// The label of a side's NATs without its agent.
std::string plain_nat_name(const trial::Side& side);
bool names_agents(const SideChoices& side);
/// Where no agent is named, `punchlab` is: then all sides are programs.
void give_agents(SideChoices& side);
/// The connector's `agent: same` becomes each of the client's agents in turn, opposite that one only. False when it stands beside
/// others, or those are several and the connector is a population.
bool share_agents(const SideChoices& client, SideChoices& connector);

SideChoices read_side(const Value& value, std::string_view what, Presets& presets);

}  // namespace punchlab::loader
