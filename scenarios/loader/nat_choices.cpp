#include "scenarios/loader/nat_choices.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "scenarios/loader/scalars.hpp"

namespace punchlab::loader {
namespace {

constexpr std::size_t kLongestChain = 8;

bool has_key(const Value& value, std::string_view wanted) {
  if (!value.is_map()) return false;
  for (const auto& [key, entry] : value.entries("nat"))
    if (key.is_text() && key.as_written() == wanted) return true;
  return false;
}

/// A name or an inline definition, which may start from a preset with `base`.
NatDefinition read_gateway(const Value& value, Presets& presets) {
  if (!value.is_map()) return presets.nat(value);
  auto keys = nat_keys();
  keys.insert(keys.begin(), {"base", "chain", "population"});
  const Section section{value, "a NAT", keys};
  for (const char* key : {"chain", "population"})
    if (const auto* misplaced = section.find(key)) misplaced->fail(fmt::format("\"{}\" cannot stand here", key));
  NatDefinition definition;
  if (const auto* base = section.find("base")) definition = presets.nat(*base);
  read_nat(section, definition);
  return definition;
}

NatChoice read_chain(const Value& list, Presets& presets) {
  NatChoice choice;
  for (const auto& item : list.items("a chain")) {
    auto definition = read_gateway(item, presets);
    choice.label += (choice.label.empty() ? "" : "+") + definition.profile.name;
    if (definition.gateway) choice.chain.push_back(std::move(definition.profile));
  }
  if (choice.chain.size() > kLongestChain) list.fail(fmt::format("a chain has at most {} gateways", kLongestChain));
  return choice;
}

NatChoice read_named_chain(const Value& value, Presets& presets) {
  const Section section{value, "a chain", {"chain", "name"}};
  NatChoice choice;
  if (const auto* chain = section.require("chain")) choice = read_chain(*chain, presets);
  if (const auto* name = section.find("name")) choice.label = read_name(*name, "chain name");
  return choice;
}

NatChoice read_choice(const Value& value, Presets& presets) {
  if (value.is_list()) return read_chain(value, presets);
  if (has_key(value, "chain")) return read_named_chain(value, presets);
  if (has_key(value, "population")) value.fail("a population stands alone; write nat: {population: ...}");
  auto definition = read_gateway(value, presets);
  NatChoice choice{definition.profile.name, {}, 0};
  if (definition.gateway) choice.chain.push_back(std::move(definition.profile));
  return choice;
}

void check_labels(const std::vector<Value>& items, const std::vector<NatChoice>& nats) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < nats.size(); ++i)
    if (!seen.insert(nats[i].label).second)
      items[i].fail(fmt::format("there are two NATs named \"{}\"; keep one or rename it", nats[i].label));
}

/// Shares become weights. Shares that do not sum to 1 are a slip of the pen, unless the file says what the rest is.
void scale(const Value& members, std::vector<NatChoice>& nats, bool rest_is_proportional) {
  double sum = 0;
  for (const auto& member : nats) sum += member.weight;
  if (sum > 1 + 1e-9) members.fail(fmt::format("the shares sum to {:.4g} %, over 100 %", sum * 100));
  if (!rest_is_proportional && sum < 1 - 1e-9)
    members.fail(fmt::format("the shares sum to {:.4g} %; make it 100 %, or add rest: proportional", sum * 100));
  if (sum <= 0) members.fail("every share is 0; give at least one above");
  for (auto& member : nats) member.weight /= sum > 0 ? sum : 1;
}

NatChoices read_members(const Value& value, bool rest_is_proportional, Presets& presets) {
  NatChoices out{{}, true};
  const auto items = value.items("members");
  for (const auto& item : items) {
    const Section section{item, "a member", {"nat", "share"}};
    const auto* nat = section.require("nat");
    const auto* share = section.require("share");
    if (!nat || !share) return out;
    out.nats.push_back(read_choice(*nat, presets));
    out.nats.back().weight = read_probability(*share);
  }
  check_labels(items, out.nats);
  scale(value, out.nats, rest_is_proportional);
  return out;
}

NatChoices read_population_document(const Value& document, Presets& presets) {
  static constexpr Word<bool> kRest[] = {{"none", false}, {"proportional", true}};
  const Section section{document, "a population", {"name", "title", "source", "rest", "members"}};
  for (const char* text : {"title", "source"})
    if (const auto* value = section.find(text)) read_title(*value);
  if (const auto* name = section.find("name")) read_name(*name, "population name");
  const auto* rest = section.find("rest");
  const bool proportional = rest && read_word<bool>(*rest, "rest", kRest);
  const auto* members = section.require("members");
  return members ? read_members(*members, proportional, presets) : NatChoices{};
}

/// {population: name}, or the population itself, inline.
NatChoices read_population(const Value& value, Presets& presets) {
  const Section section{value, "nat", {"population"}};
  const auto* population = section.require("population");
  if (!population) return {};
  if (population->is_list()) return read_members(*population, false, presets);
  if (population->is_map()) return read_population_document(*population, presets);
  const auto document = presets.population(*population);
  return document ? read_population_document(*document, presets) : NatChoices{};
}

}  // namespace

NatChoices read_nats(const Value& value, Presets& presets) {
  if (has_key(value, "population")) return read_population(value, presets);
  NatChoices out;
  const auto items = value.items("nat");
  for (const auto& item : items) out.nats.push_back(read_choice(item, presets));
  check_labels(items, out.nats);
  return out;
}

}  // namespace punchlab::loader
