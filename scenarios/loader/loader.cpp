#include "scenarios/loader/loader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/loader/planner.hpp"
#include "scenarios/loader/policy_section.hpp"
#include "scenarios/loader/scalars.hpp"
#include "scenarios/loader/shared_section.hpp"

namespace punchlab::loader {
namespace {

namespace fs = std::filesystem;
using trial::Traffic;

const std::vector<std::string> kKeys = {"name",   "title",     "seed",   "trials",  "timeout", "policy", "relay",
                                        "client", "connector", "shared", "traffic", "session", "expect"};

constexpr Field<Traffic> kTraffic[] = {
    {"probes", [](Traffic& t, const Value& v) { t.probes = static_cast<std::uint32_t>(read_integer(v, 1, 100'000)); }},
    {"interval", [](Traffic& t, const Value& v) { t.interval = read_positive_duration(v); }},
    {"size", [](Traffic& t, const Value& v) { t.size = read_size(v, 32, 1200); }},
};

constexpr Field<Scenario> kScalars[] = {
    {"name", [](Scenario& s, const Value& v) { s.name = read_name(v, "scenario name"); }},
    {"title", [](Scenario& s, const Value& v) { s.title = read_title(v); }},
    {"seed", [](Scenario& s, const Value& v) { s.seed = read_integer(v, 0, UINT64_MAX); }},
    {"trials", [](Scenario& s, const Value& v) { s.trials = read_integer(v, 1, kMaxTrials); }},
    {"timeout", [](Scenario& s, const Value& v) { s.timeout = read_positive_duration(v); }},
    {"session", [](Scenario& s, const Value& v) { s.session = read_switch(v); }},
    {"traffic",
     [](Scenario& s, const Value& v) {
       read_fields(Section{v, "traffic", keys_of(kTraffic)}, kTraffic, s.traffic);
     }},
    {"policy", [](Scenario& s, const Value& v) { s.policies = read_policies(v); }},
    {"relay", [](Scenario& s, const Value& v) { s.relays = read_relays(v); }},
};

/// A relay's distance is added to the latency of the sides, which not every distribution allows.
void check_distances(const Section& section, const Scenario& s) {
  for (const auto& relay : s.relays) {
    if (section.find("shared") && (relay.client_distance != 0 || relay.connector_distance != 0))
      section.find("relay")->fail(
          "both sides are equally far from the relay behind a shared network; write the distance as its access or the "
          "relay's latency");
    const auto fits = [](const SideChoices& side, double distance) {
      return std::all_of(side.variants.begin(), side.variants.end(),
                         [&](const auto& v) { return farther(v.side.access, distance).has_value(); });
    };
    if (!fits(s.client, relay.client_distance) || !fits(s.connector, relay.connector_distance))
      section.find("relay")->fail("an exponential or pareto latency cannot be made longer by a relay's distance");
  }
}

/// Programs and our own core do not meet: with one agent named, all sides are programs.
void settle_agents(const Section& section, Scenario& s) {
  if (names_agents(s.client) || names_agents(s.connector)) {
    give_agents(s.client);
    give_agents(s.connector);
    if (!share_agents(s.client, s.connector))
      section.find("connector")
          ->fail(
              "\"same\" stands alone, and a population takes one agent; give the client one, or name the connector's");
    return;
  }
  for (const auto& relay : s.relays)
    if (relay.server != trial::RelayServer::punchlab)
      section.find("relay")->fail("coturn cannot broker between our own agents; name an agent for a side");
}

Scenario read_scenario(const Section& section, Presets& presets) {
  Scenario s;
  section.require("name");
  const auto* client = section.require("client");
  const auto* connector = section.require("connector");
  if (!client || !connector) return s;
  read_fields(section, kScalars, s);
  if (s.title.empty()) s.title = s.name;
  if (s.relays.empty()) s.relays.resize(1);
  if (s.policies.empty()) s.policies = {policy_presets().front()};
  s.client = read_side(*client, "client", presets);
  s.connector = read_side(*connector, "connector", presets);
  if (const auto* shared = section.find("shared")) {
    s.shared.clear();
    for (auto& network : read_shared(*shared, presets)) s.shared.emplace_back(std::move(network));
  }
  check_distances(section, s);
  settle_agents(section, s);
  return s;
}

/// Policies that only the command line names join the grid, so that rules about the others stay meaningful.
std::optional<Problem> add_policies(const std::vector<std::string>& wanted, Scenario& s) {
  for (const auto& name : wanted) {
    const auto has = [&](const Policy& p) { return p.name == name; };
    if (std::any_of(s.policies.begin(), s.policies.end(), has)) continue;
    const auto* preset = find_policy(name);
    if (!preset) {
      auto known = policy_names();
      for (const auto& policy : s.policies)
        if (find_policy(policy.name) == nullptr) known.push_back(policy.name);
      return Problem{"--policy", 0, 0, fmt::format("no policy named \"{}\"; {}", name, suggest(name, known))};
    }
    s.policies.push_back(*preset);
  }
  return std::nullopt;
}

std::optional<Problem> select(const std::string& name, const char* what, const std::vector<std::string>& known,
                              Selector& out) {
  if (name == "any") return std::nullopt;
  out.names = {name};
  if (std::find(known.begin(), known.end(), name) != known.end()) return std::nullopt;
  return Problem{"--cell", 0, 0, fmt::format("no {} of this scenario is \"{}\"; {}", what, name, suggest(name, known))};
}

std::optional<Problem> apply(const Overrides& overrides, Scenario& s, Wanted& wanted) {
  if (overrides.trials && (*overrides.trials < 1 || *overrides.trials > kMaxTrials))
    return Problem{"--trials", 0, 0, fmt::format("{} is not from 1 to {}", *overrides.trials, kMaxTrials)};
  s.trials = overrides.trials.value_or(s.trials);
  s.seed = overrides.seed.value_or(s.seed);
  wanted.policy.names = overrides.policies;
  wanted.whole_grid = overrides.whole_grid;
  if (auto problem = add_policies(overrides.policies, s)) return problem;
  if (!overrides.cell) return std::nullopt;
  const auto labels = labels_of(s);
  if (auto problem = select(overrides.cell->client, "client", labels.client, wanted.client)) return problem;
  if (auto problem = select(overrides.cell->connector, "connector", labels.connector, wanted.connector)) return problem;
  return select(overrides.cell->shared, "shared network", labels.shared, wanted.shared);
}

}  // namespace

std::variant<CellNames, Problem> parse_cell(const std::string& text) {
  std::vector<std::string> names{""};
  for (const char c : text) {
    if (c == ',')
      names.emplace_back();
    else
      names.back() += c;
  }
  const bool empty = std::any_of(names.begin(), names.end(), [](const auto& name) { return name.empty(); });
  if (empty || names.size() < 2 || names.size() > 3)
    return Problem{"--cell", 0, 0,
                   fmt::format("\"{}\" is not CLIENT,CONNECTOR; write one such as symmetric,full-cone", text)};
  return CellNames{names[0], names[1], names.size() == 3 ? names[2] : "any"};
}

namespace {

std::variant<trial::Plan, Problem> plan_of(const File& file, Presets& presets, Report& report,
                                           const Overrides& overrides) {
  const Section section{file.root, "the scenario", kKeys};
  auto scenario = report.ok() ? read_scenario(section, presets) : Scenario{};
  if (!report.ok()) return *report.first();

  Wanted wanted;
  if (auto problem = apply(overrides, scenario, wanted)) return *problem;
  if (const auto why = too_large(scenario); !why.empty()) file.root.fail(why);
  const auto* expect = section.find("expect");
  if (report.ok() && expect) scenario.rules = read_rules(*expect, labels_of(scenario));
  if (!report.ok()) return *report.first();

  trial::Plan plan;
  make_plan(scenario, wanted, plan);
  plan.scenario_path = file.root.path();
  plan.scenario_text = file.text;
  plan.presets = presets.used();
  if (!report.ok()) return *report.first();
  return plan;
}

}  // namespace

std::variant<trial::Plan, Problem> load(const fs::path& path, const Overrides& overrides) {
  Report report;
  const auto file = read_file(path, report);
  if (!file) return *report.first();
  Presets presets{path.parent_path(), overrides.presets.value_or(presets_directory()), report};
  return plan_of(*file, presets, report, overrides);
}

std::variant<trial::Plan, Problem> load(const Texts& texts, const Overrides& overrides) {
  Report report;
  const auto file = parse_file(texts.path, texts.scenario, report);
  if (!file) return *report.first();
  Presets presets{texts.presets, report};
  return plan_of(*file, presets, report, overrides);
}

}  // namespace punchlab::loader
