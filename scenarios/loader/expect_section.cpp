#include "scenarios/loader/expect_section.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/loader/bounds.hpp"
#include "scenarios/loader/scalars.hpp"
#include "scenarios/loader/side_section.hpp"

namespace punchlab::loader {
namespace {

using Kind = trial::Expectation::Quantity;

struct QuantityKey {
  const char* key;
  Kind kind;
  bool is_rate;
};

constexpr QuantityKey kQuantities[] = {{"direct", Kind::direct, true},
                                       {"relayed", Kind::relayed, true},
                                       {"failed", Kind::failed, true},
                                       {"time-to-direct-p50", Kind::time_to_direct_p50, false},
                                       {"time-to-direct-p95", Kind::time_to_direct_p95, false},
                                       {"added-latency-p50", Kind::added_latency_p50, false}};
constexpr const char* kSelectors[] = {"client", "connector", "shared", "policy", "link", "relay"};

std::vector<std::string> keys() {
  std::vector<std::string> out{std::begin(kSelectors), std::end(kSelectors)};
  out.emplace_back("pooled");
  for (const auto& quantity : kQuantities) out.emplace_back(quantity.key);
  return out;
}

std::vector<std::string> read_names(const Value& value, const std::string& what,
                                    const std::vector<std::string>& known) {
  std::vector<std::string> names;
  for (const auto& item : value.items(what)) {
    names.push_back(item.text(what));
    if (std::find(known.begin(), known.end(), names.back()) == known.end())
      item.fail(fmt::format("no {} of this scenario is \"{}\"; {}", what, names.back(), suggest(names.back(), known)));
  }
  return names;
}

/// A name, a list, `any`, or {not: ...}.
Selector read_selector(const Section& section, const std::string& what, const std::vector<std::string>& known) {
  const auto* value = section.find(what);
  if (!value || (value->is_text() && value->as_written() == "any")) return {};
  if (!value->is_map()) return {false, read_names(*value, what, known)};
  const Section exclusion{*value, what, {"not"}};
  const auto* excluded = exclusion.require("not");
  return excluded ? Selector{true, read_names(*excluded, what, known)} : Selector{};
}

Bounds read_bounds(const Value& value, bool is_rate) {
  const auto bounds = parse_bounds(value.text("an expectation"), is_rate ? parse_probability : parse_duration);
  if (const auto* wrong = std::get_if<std::string>(&bounds)) {
    value.fail(*wrong + "; or compare: \">= 95 %\", \"<= 300 ms\", 86 % +- 0.5 %");
    return {};
  }
  const auto [low, high] = std::get<Bounds>(bounds);
  if (is_rate) return {std::max(low, 0.0), std::min(high, 1.0)};
  return {low * 1000, high * 1000};  // milliseconds
}

/// The rule's text without its other quantities: each is judged, and named, by itself.
std::string text_of(const Section& section, const QuantityKey& quantity) {
  std::string out;
  for (const char* key : kSelectors)
    if (const auto* value = section.find(key)) {
      const auto text = value->as_written();
      out += fmt::format("{}: {}, ", key,
                         value->is_map()    ? "{" + text + "}"
                         : value->is_list() ? "[" + text + "]"
                                            : text);
    }
  return out + fmt::format("{}: {}", quantity.key, section.find(quantity.key)->as_written());
}

void read_rule(const Value& value, const Labels& labels, std::vector<Rule>& rules) {
  const Section section{value, "an expectation", keys()};
  const auto* pooled = section.find("pooled");
  const Rule common{read_selector(section, "client", labels.client),
                    read_selector(section, "connector", labels.connector),
                    read_selector(section, "shared", labels.shared),
                    read_selector(section, "policy", labels.policy),
                    read_selector(section, "link", labels.link),
                    read_selector(section, "relay", labels.relay),
                    {},
                    value};
  const auto before = rules.size();
  for (const auto& quantity : kQuantities) {
    const auto* demand = section.find(quantity.key);
    if (!demand) continue;
    const auto [low, high] = read_bounds(*demand, quantity.is_rate);
    rules.push_back(common);
    rules.back().expectation = {quantity.kind, {},           pooled && read_switch(*pooled), low,
                                high,          value.line(), text_of(section, quantity)};
  }
  if (rules.size() == before) value.fail("the expectation demands nothing; add one such as direct: 100 %");
}

}  // namespace

bool Selector::accepts(const std::vector<std::string>& labels) const {
  if (names.empty()) return true;
  const auto named = [&](const std::string& label) {
    return std::find(names.begin(), names.end(), label) != names.end();
  };
  return std::any_of(labels.begin(), labels.end(), named) != negated;
}

std::vector<std::string> side_labels(const trial::Side& side) {
  std::vector<std::string> labels{side.nat_name};
  if (!side.access.name.empty()) labels.push_back(side.nat_name + "/" + side.access.name);
  if (side.agent.name.empty()) return labels;
  labels.push_back(agent_label(side.agent));
  labels.push_back(plain_nat_name(side));
  return labels;
}

std::vector<Rule> read_rules(const Value& value, const Labels& labels) {
  std::vector<Rule> rules;
  for (const auto& item : value.items("expect")) read_rule(item, labels, rules);
  return rules;
}

}  // namespace punchlab::loader
