#include "scenarios/loader/planner.hpp"

#include <fmt/format.h>

#include <set>

#include "protocol/base/rng.hpp"
#include "scenarios/loader/draws.hpp"
#include "scenarios/loader/shared_section.hpp"

namespace punchlab::loader {
namespace {

constexpr std::int64_t kUnwanted = -1;  ///< left out by an override
constexpr std::int64_t kNotDrawn = -2;  ///< no pair of a population fell on it, or its agents do not meet

/// A cell by its place in each list.
struct Place {
  std::size_t policy, relay, shared, client, connector;
};

/// Calls `visit(place)` for every cell, in the order of the plan.
template <class Visit>
void for_each_cell(const Scenario& s, Visit&& visit) {
  for (std::size_t p = 0; p < s.policies.size(); ++p)
    for (std::size_t r = 0; r < s.relays.size(); ++r)
      for (std::size_t n = 0; n < s.shared.size(); ++n)
        for (std::size_t c = 0; c < s.client.variants.size(); ++c)
          for (std::size_t k = 0; k < s.connector.variants.size(); ++k) visit(Place{p, r, n, c, k});
}

/// The key of a cell's randomness: from names only, so that a longer list changes no other cell; policies and agents
/// share it.
std::uint64_t world_of(const trial::Cell& cell) {
  auto names = fmt::format("{}\n{}\n{}\n{}\n{}", plain_nat_name(cell.client), cell.client.access.name,
                           plain_nat_name(cell.connector), cell.connector.access.name, cell.relay.name);
  if (cell.shared) names += fmt::format("\n{}\n{}", cell.shared->nat_name, cell.shared->access.name);
  return purpose_of(names);
}

trial::Cell make_cell(const Scenario& s, const Place& at, std::uint64_t trials) {
  const auto& relay = s.relays[at.relay];
  trial::Cell cell;
  cell.client = s.client.variants[at.client].side;
  cell.connector = s.connector.variants[at.connector].side;
  cell.client.access = farther(cell.client.access, relay.client_distance).value_or(cell.client.access);
  cell.connector.access = farther(cell.connector.access, relay.connector_distance).value_or(cell.connector.access);
  cell.shared = s.shared[at.shared];
  cell.relay = relay.link;
  cell.relay_server = relay.server;
  cell.policy = s.policies[at.policy];
  cell.traffic = s.traffic;
  cell.timeout = s.timeout;
  cell.session = s.session;
  cell.trials = trials;
  cell.world = world_of(cell);
  return cell;
}

/// What a set of selectors says of each element of each list, so that a cell is judged without reading names.
class Mask {
 public:
  Mask(const Scenario& s, const Selector& client, const Selector& connector, const Selector& shared,
       const Selector& policy, const Selector& relay) {
    for (const auto& variant : s.client.variants) client_.push_back(client.accepts(side_labels(variant.side)));
    for (const auto& variant : s.connector.variants) connector_.push_back(connector.accepts(side_labels(variant.side)));
    for (const auto& network : s.shared)
      shared_.push_back(shared.accepts(network ? shared_labels(*network) : std::vector<std::string>{}));
    for (const auto& p : s.policies) policy_.push_back(policy.accepts({p.name}));
    for (const auto& r : s.relays) relay_.push_back(relay.accepts({r.link.name}));
  }
  bool accepts(const Place& at) const {
    return policy_[at.policy] && relay_[at.relay] && shared_[at.shared] && client_[at.client] &&
           connector_[at.connector];
  }

 private:
  std::vector<bool> client_, connector_, shared_, policy_, relay_;
};

bool meets(const Scenario& s, const Place& at) {
  const auto& connector = s.connector.variants[at.connector];
  return !connector.same_agent ||
         agent_label(connector.side.agent) == agent_label(s.client.variants[at.client].side.agent);
}

/// Fills `plan.cells`; gives for each cell of the grid its index, or why it is not in the plan.
std::vector<std::int64_t> add_cells(const Scenario& s, const Wanted& wanted, trial::Plan& plan) {
  const Draws draws{plan.seed, s.trials, s.client, s.connector};
  const Mask mask{s, wanted.client, wanted.connector, wanted.shared, wanted.policy, {}};
  std::vector<std::int64_t> indices;
  for_each_cell(s, [&](const Place& at) {
    const auto client_nat = s.client.variants[at.client].nat, connector_nat = s.connector.variants[at.connector].nat;
    const auto trials = draws.trials_of(client_nat, connector_nat);
    const bool drawn = meets(s, at) && (trials > 0 || wanted.whole_grid);
    const bool keep = mask.accepts(at) && drawn;
    const auto index = indices.size();
    indices.push_back(keep ? static_cast<std::int64_t>(index) : drawn ? kUnwanted : kNotDrawn);
    if (!keep) return;
    plan.cells.push_back(make_cell(s, at, trials));
    plan.cells.back().index = static_cast<std::uint32_t>(index);
    plan.cells.back().draw = draws.draw_of(client_nat, connector_nat);
  });
  return indices;
}

bool link_accepts(const Scenario& s, const Rule& rule, const Place& at) {
  if (rule.link.names.empty()) return true;
  const auto& shared = s.shared[at.shared];
  return rule.link.accepts({s.client.variants[at.client].side.access.name,
                            s.connector.variants[at.connector].side.access.name, shared ? shared->access.name : ""});
}

/// The rule with its cells; nothing when overrides took them, or, of a pooled rule, any of them.
std::optional<trial::Expectation> resolve(const Scenario& s, const Rule& rule,
                                          const std::vector<std::int64_t>& indices) {
  const Mask mask{s, rule.client, rule.connector, rule.shared, rule.policy, rule.relay};
  auto expectation = rule.expectation;
  std::size_t position = 0, matched = 0, unwanted = 0;
  for_each_cell(s, [&](const Place& at) {
    const auto index = indices[position++];
    if (!mask.accepts(at) || !link_accepts(s, rule, at)) return;
    ++matched;
    if (index == kUnwanted) ++unwanted;
    if (index >= 0) expectation.cells.push_back(static_cast<std::uint32_t>(index));
  });
  if (matched == 0) rule.where.fail("the expectation matches no cell; check its names together");
  if (expectation.cells.empty() || (expectation.pooled && unwanted > 0)) return std::nullopt;
  return expectation;
}

/// Names in the order of their first appearance, each once.
class Names {
 public:
  void add(const std::string& name) {
    if (!name.empty() && seen_.insert(name).second) names_.push_back(name);
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::set<std::string> seen_;
  std::vector<std::string> names_;
};

std::vector<std::string> labels_of(const SideChoices& side) {
  Names names;
  for (const auto& variant : side.variants)
    for (const auto& label : side_labels(variant.side)) names.add(label);
  return names.take();
}

}  // namespace

std::string too_large(const Scenario& s) {
  const double cells = static_cast<double>(s.policies.size()) * static_cast<double>(s.relays.size()) *
                       static_cast<double>(s.shared.size()) * static_cast<double>(s.client.variants.size()) *
                       static_cast<double>(s.connector.variants.size());
  if (cells > static_cast<double>(kMaxCells))
    return fmt::format(
        "{:.0f} cells ({} policies x {} relays{} x {} clients x {} connectors), more than {}; shorten a list", cells,
        s.policies.size(), s.relays.size(),
        s.shared.size() > 1 ? fmt::format(" x {} shared networks", s.shared.size()) : "", s.client.variants.size(),
        s.connector.variants.size(), kMaxCells);
  // A population's NATs share the trials between them.
  const double sharers = static_cast<double>(s.client.weights.empty() ? 1 : s.client.nats) *
                         static_cast<double>(s.connector.weights.empty() ? 1 : s.connector.nats);
  const double trials = cells / sharers * static_cast<double>(s.trials);
  if (trials <= static_cast<double>(kMaxTrials)) return {};
  return fmt::format("{:.0f} trials in all, more than {}; lower trials or shorten a list", trials, kMaxTrials);
}

Labels labels_of(const Scenario& s) {
  Names policies, links, relays, shared;
  for (const auto* side : {&s.client, &s.connector})
    for (const auto& variant : side->variants) links.add(variant.side.access.name);
  for (const auto& policy : s.policies) policies.add(policy.name);
  for (const auto& relay : s.relays) relays.add(relay.link.name);
  for (const auto& network : s.shared)
    if (network) {
      links.add(network->access.name);
      for (const auto& label : shared_labels(*network)) shared.add(label);
    }
  return {labels_of(s.client), labels_of(s.connector), shared.take(), policies.take(), links.take(), relays.take()};
}

void make_plan(const Scenario& scenario, const Wanted& wanted, trial::Plan& plan) {
  plan.name = scenario.name;
  plan.title = scenario.title;
  plan.seed = scenario.seed;
  const auto indices = add_cells(scenario, wanted, plan);
  for (const auto& rule : scenario.rules)
    if (auto expectation = resolve(scenario, rule, indices)) plan.expectations.push_back(std::move(*expectation));
}

}  // namespace punchlab::loader
