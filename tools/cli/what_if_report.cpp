#include "tools/cli/what_if_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "results/store/files.hpp"
#include "results/store/labels.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/run_folder.hpp"

namespace punchlab::cli {
namespace {

using explain::Change;
using results::Outcome;

constexpr std::uint64_t kSample = 10;      ///< trials per cell
constexpr std::uint64_t kPairsRuns = 400;  ///< of a cell in which no single change helps
constexpr std::size_t kShown = 12;
constexpr const char* kPrediction =
    "A prediction by the model: real sockets cannot run these trials again, so the same seed and worlds are "
    "simulated.\n";

std::string joined(const std::vector<Change>& set) {
  std::string text;
  for (const auto& change : set) text += (text.empty() ? "" : " + ") + explain::name_of(change);
  return text;
}

/// The trials of each cell that did not become direct, thinned out evenly as they come.
struct Sampler {
  std::uint64_t trials = 0, not_direct = 0, otherwise = 0;
  double modelled = 1;  ///< share of its trials that the model ends otherwise than direct, too
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

std::map<std::uint32_t, Sampler> sample(const RecordedRun& run) {
  std::map<std::uint32_t, Sampler> samplers;
  check(run.store.for_each([&](const results::TrialRecord& record) { samplers[record.cell].add(record, kSample); }));
  return samplers;
}

/// Leaves out the trials that the model ends direct as they are.
void drop_direct(const RecordedRun& run, const trial::Identities& identities,
                 std::map<std::uint32_t, Sampler>& samplers) {
  for (auto& [index, sampler] : samplers) {
    if (sampler.chosen.empty()) continue;
    const auto& cell = run.cell(index);
    const auto world = counterfactual_world(cell, run.model());
    const auto all = static_cast<double>(sampler.chosen.size());
    sampler.otherwise = std::erase_if(sampler.chosen, [&](std::uint64_t trial) {
      return explain::run_with({*world, cell, identities, run.plan.seed, trial}, {}).outcome == Outcome::direct;
    });
    sampler.modelled = static_cast<double>(sampler.chosen.size()) / all;
  }
}

/// One cell with trials that are not direct.
struct Job {
  const trial::Cell* cell = nullptr;
  Sampler* sampler = nullptr;
  std::vector<Change> changes;
  std::uint64_t cost = 1;  ///< of a trial
  std::uint64_t once() const { return changes.size() * cost; }
};

/// Of a replay.
std::uint64_t cost_of(const trial::Cell& cell, const trial::World& memory) {
  return memory.cannot(cell) ? kCostOfNs3 : 1;
}

/// Those with the most such trials first.
std::vector<Job> jobs_of(const RecordedRun& run, std::map<std::uint32_t, Sampler>& samplers) {
  const auto memory = runner::make_world(runner::Backend::memory);
  std::vector<Job> jobs;
  for (auto& [index, sampler] : samplers) {
    if (sampler.chosen.empty() && sampler.otherwise == 0) continue;
    const auto& cell = run.cell(index);
    jobs.push_back({&cell, &sampler, explain::changes_of(cell), cost_of(cell, *memory)});
  }
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const Job& a, const Job& b) { return a.sampler->not_direct > b.sampler->not_direct; });
  return jobs;
}

/// So many of them, evenly spread.
void thin(std::vector<std::uint64_t>& chosen, std::uint64_t most) {
  if (chosen.size() <= most) return;
  for (std::uint64_t i = 0; i < most; ++i) chosen[i] = chosen[i * chosen.size() / most];
  chosen.resize(most);
}

/// Leaves out cells that not even one trial of each can be paid for, thins out the others, the costly ones to one
/// trial; gives the sample per cell.
std::uint64_t fit(std::vector<Job>& jobs, std::uint64_t& left) {
  std::uint64_t all = 0, cheap = 0;
  std::size_t kept = 0;
  for (; kept < jobs.size() && all + jobs[kept].once() <= left; ++kept) {
    all += jobs[kept].once();
    cheap += jobs[kept].cost == 1 ? jobs[kept].once() : 0;
  }
  jobs.resize(kept);
  const auto most = std::clamp<std::uint64_t>((left - (all - cheap)) / std::max<std::uint64_t>(cheap, 1), 1, kSample);
  for (const Job& job : jobs) {
    thin(job.sampler->chosen, job.cost == 1 ? most : 1);
    left -= job.once() * job.sampler->chosen.size();
  }
  return most;
}

/// Runs every change on every sampled trial of one cell; `left` pays for pairs of changes where none helps alone.
Gains::OfCell gains_of_cell(const RecordedRun& run, const Job& job, const trial::Identities& identities,
                            std::uint64_t& left) {
  const auto& cell = *job.cell;
  Gains::OfCell gains{cell.index,
                      cell.client.nat_name,
                      cell.connector.nat_name,
                      cell.policy.name,
                      results::link_label(cell),
                      job.sampler->trials,
                      job.sampler->not_direct,
                      job.sampler->chosen.size(),
                      job.sampler->otherwise,
                      {},
                      {}};
  if (job.sampler->chosen.empty()) return gains;
  const auto world = counterfactual_world(cell, run.model());
  for (const auto& change : job.changes) {
    Gains::Entry entry{explain::name_of(change), 0};
    for (const auto trial : job.sampler->chosen) {
      if (interrupted) throw CommandError(kInterrupted, "interrupted");
      entry.direct +=
          explain::run_with({*world, cell, identities, run.plan.seed, trial}, {change}).outcome == Outcome::direct;
    }
    if (entry.direct > 0) gains.entries.push_back(std::move(entry));
  }
  std::stable_sort(gains.entries.begin(), gains.entries.end(),
                   [](const auto& a, const auto& b) { return a.direct > b.direct; });
  const auto runs = std::min(kPairsRuns, left / job.cost);
  if (!gains.entries.empty() || runs == 0) return gains;
  gains.pairs_tried = true;
  const auto answer = explain::what_if({*world, cell, identities, run.plan.seed, job.sampler->chosen.front()},
                                       {.changes = 2, .runs = runs});
  left -= std::min(left, answer.runs * job.cost);
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
                                          static_cast<double>(cell.sampled) / trials[cell.policy] *
                                          samplers.at(cell.cell).modelled;
  std::vector<Gains::OfAll> all;
  for (const auto& [key, share] : won) all.push_back({key.first, key.second, share});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  return all;
}

Gains blank(const RecordedRun& run) {
  Gains gains;
  gains.scenario = run.plan.name;
  gains.seed = run.plan.seed;
  gains.prediction = run.is_real();
  gains.trials = run.store.manifest().trials_sha256;
  return gains;
}

Gains no_gains(const RecordedRun& run) {
  auto gains = blank(run);
  const auto samplers = sample(run);
  if (std::ranges::any_of(samplers, [](const auto& cell) { return cell.second.not_direct > 0; }))
    gains.not_predicted = "the sides are agents under the driver contract, and the model runs only our own core";
  return gains;
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

Gains gains_of(const RecordedRun& run, const GainsBudget& budget) {
  auto gains = blank(run);
  const trial::Identities identities(run.plan.seed);
  auto samplers = sample(run);
  if (run.is_real()) drop_direct(run, identities, samplers);
  auto jobs = jobs_of(run, samplers);
  auto left = budget.runs;
  const auto all = jobs.size();
  gains.sample = fit(jobs, left);
  gains.left_out = all - jobs.size();
  for (const Job& job : jobs) gains.cells.push_back(gains_of_cell(run, job, identities, left));
  std::sort(gains.cells.begin(), gains.cells.end(), [](const auto& a, const auto& b) { return a.cell < b.cell; });
  gains.population = over_all(run, gains, samplers);
  return gains;
}

std::string prepare_what_if(const std::filesystem::path& folder) try {
  const auto store = results::Store::open(folder);
  if (!store) fail(store.error());
  const auto path = folder / "what-if.json";
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    const auto text = results::read_file(path);
    const auto known = nlohmann::json::parse(text ? *text : "", nullptr, false);
    if (known.is_object() && known.value("trials_sha256", nlohmann::json()) == store->manifest().trials_sha256)
      return {};
  }
  const auto run = open_run(folder);
  const bool agents = run.is_real() && trial::has_agents(run.plan.cells.front());  // in all cells or in none
  check(results::replace_file(path, to_json(agents ? no_gains(run) : gains_of(run, kReportBudget))));
  return {};
} catch (const CommandError& error) {
  return error.what();
}

std::string to_json(const Gains& gains) {
  using Json = nlohmann::ordered_json;
  Json j{{"format", "punchlab what-if"},     {"format_version", 1},
         {"scenario", gains.scenario},       {"seed", gains.seed},
         {"trials_sha256", gains.trials},    {"sample", gains.sample},
         {"cells_left_out", gains.left_out}, {"cells", Json::array()},
         {"population", Json::array()}};
  if (gains.prediction) j["prediction"] = true;
  if (!gains.not_predicted.empty()) j["not_predicted"] = gains.not_predicted;
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
             {"smallest", cell.smallest},
             {"pairs_tried", cell.pairs_tried}};
    if (gains.prediction) one["otherwise"] = cell.otherwise;
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
  std::string text = gains.prediction ? kPrediction : "";
  text += fmt::format("What would have to change (each alone, on up to {} trials of each cell that are not direct):\n",
                      gains.sample);
  for (const auto& cell : gains.cells) {
    text += fmt::format("{},{} ({}{}{}): {} of {} not direct\n", cell.client, cell.connector, cell.policy,
                        cell.link.empty() ? "" : ", ", cell.link, cell.not_direct, cell.trials);
    for (std::size_t i = 0; i < std::min(kShown, cell.entries.size()); ++i)
      text += fmt::format("  {:>4.0f} %  {}\n",
                          100.0 * static_cast<double>(cell.entries[i].direct) / static_cast<double>(cell.sampled),
                          cell.entries[i].change);
    if (cell.otherwise > 0) text += fmt::format("  {} more are direct in the simulation as they are\n", cell.otherwise);
    for (const auto& set : cell.smallest) text += fmt::format("  together: {}\n", fmt::join(set, " + "));
    if (cell.entries.empty() && cell.smallest.empty() && cell.sampled > 0)
      text += fmt::format("  nothing that was tried, alone{}\n", cell.pairs_tried ? " or in twos" : "");
  }
  if (gains.left_out > 0)
    text += fmt::format("and {} cells with fewer such trials, which were not tried\n", gains.left_out);
  text += "\nOver all cells, share of all trials that would become direct:\n";
  for (std::size_t i = 0; i < std::min(2 * kShown, gains.population.size()); ++i)
    text += fmt::format("  {:>5.1f} %  {} ({})\n", 100 * gains.population[i].share, gains.population[i].change,
                        gains.population[i].policy);
  return text;
}

}  // namespace punchlab::cli
