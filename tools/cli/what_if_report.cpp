#include "tools/cli/what_if_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "results/store/labels.hpp"
#include "tools/cli/run_folder.hpp"

namespace punchlab::cli {
namespace {

using explain::Change;
using results::Outcome;

constexpr std::uint64_t kSample = 10;        ///< trials per cell
constexpr std::uint64_t kMostRuns = 20'000;  ///< over all cells; a few seconds
constexpr std::size_t kShown = 12;

std::string joined(const std::vector<Change>& set) {
  std::string text;
  for (const auto& change : set) text += (text.empty() ? "" : " + ") + explain::name_of(change);
  return text;
}

/// The trials of each cell that did not become direct, thinned out evenly as they come.
struct Sampler {
  std::uint64_t trials = 0, not_direct = 0;
  std::vector<std::uint64_t> chosen;
  std::uint64_t every = 1;
  void add(const results::TrialRecord& record, std::uint64_t most) {
    ++trials;
    if (record.outcome == Outcome::direct) return;
    if (not_direct++ % every != 0) return;
    chosen.push_back(record.trial);
    if (chosen.size() < 2 * most) return;
    for (std::size_t i = 0; i < most; ++i) chosen[i] = chosen[2 * i];
    chosen.resize(most);
    every *= 2;
  }
};

std::map<std::uint32_t, Sampler> sample(const RecordedRun& run, std::uint64_t most) {
  std::map<std::uint32_t, Sampler> samplers;
  check(run.store.for_each([&](const results::TrialRecord& record) { samplers[record.cell].add(record, most); }));
  for (auto& [cell, sampler] : samplers)
    if (sampler.chosen.size() > most) sampler.chosen.resize(most);
  return samplers;
}

/// Runs every change on every sampled trial of one cell.
Gains::OfCell gains_of_cell(const RecordedRun& run, const trial::Cell& cell, const Sampler& sampler,
                            const trial::Identities& identities) {
  Gains::OfCell gains{cell.index,
                      cell.client.nat_name,
                      cell.connector.nat_name,
                      cell.policy.name,
                      results::link_label(cell),
                      sampler.trials,
                      sampler.not_direct,
                      sampler.chosen.size(),
                      {},
                      {}};
  const auto world = counterfactual_world(cell, run.backend);
  for (const auto& change : explain::changes_of(cell)) {
    Gains::Entry entry{explain::name_of(change), 0};
    for (const auto trial : sampler.chosen)
      entry.direct +=
          explain::run_with({*world, cell, identities, run.plan.seed, trial}, {change}).outcome == Outcome::direct;
    if (entry.direct > 0) gains.entries.push_back(std::move(entry));
  }
  std::stable_sort(gains.entries.begin(), gains.entries.end(),
                   [](const auto& a, const auto& b) { return a.direct > b.direct; });
  if (!gains.entries.empty()) return gains;
  const auto answer =
      explain::what_if({*world, cell, identities, run.plan.seed, sampler.chosen.front()}, {.changes = 2, .runs = 400});
  for (const auto& set : answer.smallest) {
    gains.smallest.emplace_back();
    for (const auto& change : set) gains.smallest.back().push_back(explain::name_of(change));
  }
  return gains;
}

std::vector<Gains::OfAll> over_all(const RecordedRun& run, const Gains& gains,
                                   const std::map<std::uint32_t, Sampler>& samplers) {
  std::map<std::string, double> trials;
  for (const auto& [index, sampler] : samplers)
    trials[run.cell(index).policy.name] += static_cast<double>(sampler.trials);
  std::map<std::pair<std::string, std::string>, double> won;
  for (const auto& cell : gains.cells)
    for (const auto& entry : cell.entries)
      won[{cell.policy, entry.change}] += static_cast<double>(cell.not_direct) * static_cast<double>(entry.direct) /
                                          static_cast<double>(cell.sampled) / trials[cell.policy];
  std::vector<Gains::OfAll> all;
  for (const auto& [key, share] : won) all.push_back({key.first, key.second, share});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  return all;
}

}  // namespace

std::unique_ptr<trial::World> counterfactual_world(const trial::Cell& cell, runner::Backend backend) {
  auto memory = runner::make_world(runner::Backend::memory);
  return memory->cannot(cell) ? runner::make_world(backend) : std::move(memory);
}

std::string what_if_text(const explain::WhatIf& answer, const results::TrialRecord& record) {
  const char* goal = record.outcome == Outcome::direct ? "direct in time" : "direct";
  if (answer.smallest.empty())
    return fmt::format("What if? None of {} changed replays of this trial is {}.\n", answer.runs, goal);
  auto text = fmt::format("What if? This trial would be {} with {} of these ({} replays, same seed):\n", goal,
                          answer.single.empty() ? "any one" : "any", answer.runs);
  if (!answer.single.empty()) {
    for (const auto& change : answer.single) text += "  " + explain::name_of(change) + "\n";
    return text;
  }
  for (const auto& set : answer.smallest) text += "  " + joined(set) + "\n";
  return text;
}

Gains gains_of(const RecordedRun& run) {
  Gains gains;
  gains.scenario = run.plan.name;
  gains.seed = run.plan.seed;
  const auto cells = run.store.cells();
  if (!cells) fail(cells.error());
  constexpr std::uint64_t kChanges = 25;  // per cell, about
  gains.sample = std::clamp<std::uint64_t>(kMostRuns / kChanges / std::max<std::size_t>(cells->size(), 1), 1, kSample);
  const auto samplers = sample(run, gains.sample);
  const trial::Identities identities(run.plan.seed);
  for (const auto& [index, sampler] : samplers)
    if (!sampler.chosen.empty()) gains.cells.push_back(gains_of_cell(run, run.cell(index), sampler, identities));
  gains.population = over_all(run, gains, samplers);
  return gains;
}

std::string to_json(const Gains& gains) {
  using Json = nlohmann::ordered_json;
  Json j{{"format", "punchlab what-if"}, {"format_version", 1},    {"scenario", gains.scenario}, {"seed", gains.seed},
         {"sample", gains.sample},       {"cells", Json::array()}, {"population", Json::array()}};
  for (const auto& cell : gains.cells) {
    Json one{{"cell", cell.cell},
             {"client", cell.client},
             {"connector", cell.connector},
             {"policy", cell.policy},
             {"link", cell.link},
             {"trials", cell.trials},
             {"not_direct", cell.not_direct},
             {"sampled", cell.sampled},
             {"changes", Json::array()},
             {"smallest", cell.smallest}};
    for (const auto& entry : cell.entries)
      one["changes"].push_back({{"change", entry.change}, {"direct", entry.direct}});
    j["cells"].push_back(std::move(one));
  }
  for (const auto& all : gains.population)
    j["population"].push_back({{"policy", all.policy}, {"change", all.change}, {"share", all.share}});
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_text(const Gains& gains) {
  if (gains.cells.empty()) return "Every trial is direct; there is nothing to change.\n";
  std::string text = fmt::format(
      "What would have to change (each alone, on up to {} trials of each cell that are not direct):\n", gains.sample);
  for (const auto& cell : gains.cells) {
    text += fmt::format("{},{} ({}{}{}): {} of {} not direct\n", cell.client, cell.connector, cell.policy,
                        cell.link.empty() ? "" : ", ", cell.link, cell.not_direct, cell.trials);
    for (std::size_t i = 0; i < std::min(kShown, cell.entries.size()); ++i)
      text += fmt::format("  {:>4.0f} %  {}\n",
                          100.0 * static_cast<double>(cell.entries[i].direct) / static_cast<double>(cell.sampled),
                          cell.entries[i].change);
    for (const auto& set : cell.smallest) text += fmt::format("  together: {}\n", fmt::join(set, " + "));
    if (cell.entries.empty() && cell.smallest.empty()) text += "  nothing that was tried, alone or in twos\n";
  }
  text += "\nOver all cells, share of all trials that would become direct:\n";
  for (std::size_t i = 0; i < std::min(2 * kShown, gains.population.size()); ++i)
    text += fmt::format("  {:>5.1f} %  {} ({})\n", 100 * gains.population[i].share, gains.population[i].change,
                        gains.population[i].policy);
  return text;
}

}  // namespace punchlab::cli
