#include "scenarios/loader/side_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>
#include <utility>

#include "scenarios/loader/link_section.hpp"
#include "scenarios/loader/nat_choices.hpp"
#include "scenarios/loader/scalars.hpp"

namespace punchlab::loader {
namespace {

/// Before anything is multiplied out, so that a list of a million costs nothing.
bool too_many(const Value& value, std::size_t nats, std::size_t links) {
  if (nats * links <= kMaxCells) return false;
  value.fail(fmt::format("{} NATs x {} links is more than {} sides; shorten a list", nats, links, kMaxCells));
  return true;
}

/// Agents that have a driver by their name, and the client's, whichever that is.
constexpr char kSame[] = "same";
const std::vector<std::string> kKnownAgents{"punchlab", "libnice", "aioice", "pion", "chromium", kSame};

std::string read_known_agent(const Value& value) {
  auto name = read_name(value, "agent");
  if (value.ok() && std::ranges::find(kKnownAgents, name) == kKnownAgents.end())
    value.fail(fmt::format("no agent named \"{0}\"; {1} (a driver of your own has a path: ./{0})", name,
                           suggest(name, kKnownAgents)));
  return name;
}

/// "libnice", "./my-driver" (seen from the scenario's folder) or {name: ..., options: ...}.
trial::AgentChoice read_agent(const Value& value) {
  trial::AgentChoice agent;
  const auto read = [&](const Value& name) {
    const auto text = name.text("agent");
    const bool path = text.find('/') != std::string::npos;
    agent.name = path ? (std::filesystem::path(value.path()).parent_path() / text).string() : read_known_agent(name);
  };
  if (!value.is_map()) {
    read(value);
    return agent;
  }
  const Section section{value, "agent", {"name", "options"}};
  if (const auto* name = section.require("name")) read(*name);
  if (const auto* options = section.find("options")) agent.options = options->text("options");
  return agent;
}

std::vector<trial::AgentChoice> read_agents(const Value* value, std::string_view what) {
  std::vector<trial::AgentChoice> agents;
  if (value == nullptr) return {trial::AgentChoice{}};
  for (const auto& item : value->items("agent")) {
    agents.push_back(read_agent(item));
    if (agents.back().name == kSame && what != "connector")
      item.fail("only a connector has the same agent as the other side");
  }
  return agents;
}

void append(const NatChoices& nats, const std::vector<trial::Link>& links, const link::Distribution& start,
            const trial::AgentChoice& agent, SideChoices& out) {
  for (const auto& link : links)
    for (std::size_t i = 0; i < nats.nats.size(); ++i) {
      const auto label = agent.name.empty() ? nats.nats[i].label : agent_label(agent) + ":" + nats.nats[i].label;
      out.variants.push_back({{label, nats.nats[i].chain, link, start, agent}, out.nats + i});
    }
  out.nats += nats.nats.size();
  for (const auto& nat : nats.nats)
    if (nats.population) out.weights.push_back(nat.weight);
}

void read_place(const Value& value, std::string_view what, bool alone, Presets& presets, SideChoices& out) {
  const Section section{value, what, {"nat", "access", "start", "agent"}};
  const auto* nat = section.require("nat");
  if (!nat) return;
  const auto nats = read_nats(*nat, presets);
  if (nats.population && !alone) nat->fail(fmt::format("a population stands alone; give {} one mapping", what));
  const auto* access = section.find("access");
  const auto* start = section.find("start");
  const auto links = access ? read_links(*access) : std::vector<trial::Link>(1);
  if (too_many(value, nats.nats.size(), links.size())) return;
  const auto agents = read_agents(section.find("agent"), what);
  if (nats.population && agents.size() > 1)
    nat->fail(fmt::format("a population takes one agent for {}, not a list", what));
  for (const auto& agent : agents) append(nats, links, start ? read_time(*start) : link::Distribution{}, agent, out);
}

}  // namespace

std::string agent_label(const trial::AgentChoice& agent) {
  return std::filesystem::path(agent.name).filename().string();
}

std::string plain_nat_name(const trial::Side& side) {
  return side.agent.name.empty() ? side.nat_name : side.nat_name.substr(agent_label(side.agent).size() + 1);
}

bool names_agents(const SideChoices& side) {
  for (const auto& variant : side.variants)
    if (!variant.side.agent.name.empty()) return true;
  return false;
}

void give_agents(SideChoices& side) {
  for (auto& variant : side.variants) {
    if (!variant.side.agent.name.empty()) continue;
    variant.side.agent.name = "punchlab";
    variant.side.nat_name = "punchlab:" + variant.side.nat_name;
  }
}

bool share_agents(const SideChoices& client, SideChoices& connector) {
  const auto is_same = [](const auto& variant) { return variant.side.agent.name == kSame; };
  if (std::ranges::none_of(connector.variants, is_same)) return true;
  if (!std::ranges::all_of(connector.variants, is_same)) return false;
  SideChoices original;
  std::swap(original, connector);
  connector.weights = original.weights;
  std::set<std::string> shared;
  for (const auto& [side, nat, same] : client.variants) {
    if (!shared.insert(agent_label(side.agent)).second) continue;
    for (auto variant : original.variants) {
      variant.side.nat_name = agent_label(side.agent) + ":" + plain_nat_name(variant.side);
      variant.side.agent = side.agent;
      variant.nat += connector.nats;
      variant.same_agent = true;
      connector.variants.push_back(std::move(variant));
    }
    connector.nats += original.nats;
  }
  return connector.weights.empty() || shared.size() == 1;
}

SideChoices read_side(const Value& value, std::string_view what, Presets& presets) {
  SideChoices out;
  const auto places = value.items(what);
  std::set<std::tuple<std::string, std::string>> seen;
  for (const auto& place : places) {
    const auto before = out.variants.size();
    read_place(place, what, places.size() == 1, presets, out);
    for (auto i = before; i < out.variants.size(); ++i)
      if (const auto& side = out.variants[i].side; !seen.emplace(side.nat_name, side.access.name).second)
        place.fail(fmt::format("\"{}\" stands twice in {}; rename a NAT or a link", side.nat_name, what));
  }
  return out;
}

}  // namespace punchlab::loader
