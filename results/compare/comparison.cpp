#include "results/compare/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/compare/contrasts.hpp"

namespace punchlab::results {
namespace {

std::vector<std::string> policies_of(const RunTrials& run) {
  std::vector<std::string> policies;
  for (const auto& cell : run.cells)
    if (std::find(policies.begin(), policies.end(), cell.cell.policy) == policies.end())
      policies.push_back(cell.cell.policy);
  return policies;
}

using Names = std::tuple<std::string, std::string, std::string>;

Names names_of(const StoredCell& cell) { return {cell.client, cell.connector, cell.link}; }

std::map<Names, const CellTrials*> cells_of(const RunTrials& run, const std::string& policy) {
  std::map<Names, const CellTrials*> cells;
  for (const auto& cell : run.cells)
    if (cell.cell.policy == policy) cells.emplace(names_of(cell.cell), &cell);
  return cells;
}

/// Holm's adjustment over one number of each, which `select` picks: the probability `from` becomes `to`.
template <class C, class Items, class Select>
void adjust(Items& items, Select select, double C::*from, double C::*to) {
  std::vector<double> probabilities;
  for (auto& item : items) probabilities.push_back(select(*item).*from);
  const auto adjusted = holm(probabilities);
  for (std::size_t i = 0; i < items.size(); ++i) select(*items[i]).*to = adjusted[i];
}

/// Each number is a family of its own: somebody who asks about success must not pay for latencies.
void adjust_all(const std::vector<Contrasts*>& family) {
  const auto adjust_chance = [&](auto select) { adjust(family, select, &Contrast::probability, &Contrast::adjusted); };
  for (std::size_t i = 0; i < 3; ++i) adjust_chance([i](Contrasts& c) -> Contrast& { return c.rates[i]; });
  for (std::size_t i = 0; i < kQuantities.size(); ++i) {
    const auto time = [i](Contrasts& c) -> TimeContrast& { return c.times[i]; };
    adjust_chance(time);
    adjust(family, time, &TimeContrast::any, &TimeContrast::any_adjusted);
  }
}

PolicyComparison compare_policy(const RunTrials& first, const std::string& first_policy, const RunTrials& second,
                                const std::string& second_policy, Duration tolerance) {
  PolicyComparison found{first_policy, second_policy, {}, {}};
  const auto partners = cells_of(second, second_policy);
  const bool one_seed = first.manifest.seed == second.manifest.seed;
  std::map<std::string, std::vector<Matched>> by_link;
  for (const auto& cell : first.cells) {
    if (cell.cell.policy != first_policy) continue;
    const auto partner = partners.find(names_of(cell.cell));
    if (partner == partners.end()) continue;
    const Matched matched{&cell, partner->second, one_seed && cell.cell.world == partner->second->cell.world};
    by_link[cell.cell.link].push_back(matched);
    found.cells.push_back({cell.cell.client,
                           cell.cell.connector,
                           cell.cell.link,
                           contrast({matched}, first, second, tolerance),
                           cell.cell.cell,
                           partner->second->cell.cell,
                           ended_otherwise(matched),
                           {}});
  }
  for (const auto& [link, cells] : by_link) found.pooled.emplace(link, contrast(cells, first, second, tolerance));
  return found;
}

void finish(Comparison& comparison) {
  std::vector<Contrasts*> cells, pooled;
  for (auto& policy : comparison.policies) {
    for (auto& cell : policy.cells) cells.push_back(&cell.contrasts);
    for (auto& [link, contrasts] : policy.pooled) pooled.push_back(&contrasts);
  }
  adjust_all(cells);
  adjust_all(pooled);
}

std::vector<std::string> without_partner(const RunTrials& run, const RunTrials& other, bool any_policy) {
  std::set<std::pair<Names, std::string>> there;
  for (const auto& cell : other.cells) there.emplace(names_of(cell.cell), any_policy ? "" : cell.cell.policy);
  std::vector<std::string> alone;
  for (const auto& with_trials : run.cells) {
    const StoredCell& cell = with_trials.cell;
    if (there.count({names_of(cell), any_policy ? "" : cell.policy}) > 0) continue;
    alone.push_back(fmt::format("{},{} ({}{}{})", cell.client, cell.connector, cell.policy,
                                cell.link.empty() ? "" : ", ", cell.link));
  }
  return alone;
}

}  // namespace

bool Contrasts::any_differs() const {
  const auto differs = [](const Contrast& c) { return c.differs(); };
  return std::any_of(rates.begin(), rates.end(), differs) || std::any_of(times.begin(), times.end(), differs);
}

Comparison compare(const RunTrials& first, const RunTrials& second, Duration tolerance) {
  const auto a = policies_of(first);
  const auto b = policies_of(second);
  const bool one_each = a.size() == 1 && b.size() == 1;
  Comparison comparison;
  comparison.tolerance = tolerance;
  for (const auto& policy : a) {
    if (!one_each && std::find(b.begin(), b.end(), policy) == b.end()) continue;
    auto found = compare_policy(first, policy, second, one_each ? b.front() : policy, tolerance);
    if (!found.cells.empty()) comparison.policies.push_back(std::move(found));
  }
  comparison.only_first = without_partner(first, second, one_each);
  comparison.only_second = without_partner(second, first, one_each);
  finish(comparison);
  return comparison;
}

Comparison compare_policies(const RunTrials& run) {
  const auto policies = policies_of(run);
  Comparison comparison;
  for (std::size_t i = 1; i < policies.size(); ++i) {
    auto found = compare_policy(run, policies.front(), run, policies[i], Duration{0});
    if (!found.cells.empty()) comparison.policies.push_back(std::move(found));
  }
  finish(comparison);
  return comparison;
}

}  // namespace punchlab::results
