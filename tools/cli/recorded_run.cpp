#include "tools/cli/recorded_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "results/record/names.hpp"
#include "results/store/labels.hpp"
#include "scenarios/loader/loader.hpp"
#include "tools/cli/run_folder.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

loader::Texts texts_of(const results::Manifest& manifest) {
  return {manifest.scenario_path, manifest.scenario_text, manifest.presets};
}

/// In the order in which the run numbered them.
std::vector<std::string> policies_of(const std::vector<results::StoredCell>& cells) {
  std::vector<std::string> policies;
  for (const auto& cell : cells)
    if (std::find(policies.begin(), policies.end(), cell.policy) == policies.end()) policies.push_back(cell.policy);
  return policies;
}

trial::Plan plan_of(const results::Store& store, const loader::Overrides& overrides) {
  auto loaded = loader::load(texts_of(store.manifest()), overrides);
  if (const auto* problem = std::get_if<loader::Problem>(&loaded))
    throw CommandError(kWrongUsage, problem->path.starts_with("--")
                                        ? problem->to_string()
                                        : fmt::format("the scenario in {} cannot be planned again: {}",
                                                      store.folder().string(), problem->to_string()));
  return std::get<trial::Plan>(std::move(loaded));
}

std::vector<results::StoredCell> cells_of(const results::Store& store) {
  auto cells = store.cells();
  if (!cells) fail(cells.error());
  return std::move(*cells);
}

/// The whole grid as the run numbered it.
loader::Overrides grid_of(const results::Store& store) {
  loader::Overrides overrides;
  overrides.seed = store.manifest().seed;
  overrides.policies = policies_of(cells_of(store));
  overrides.whole_grid = true;
  return overrides;
}

const trial::Cell* find(const trial::Plan& plan, std::uint32_t index) {
  const auto at = std::find_if(plan.cells.begin(), plan.cells.end(), [&](const auto& c) { return c.index == index; });
  return at == plan.cells.end() ? nullptr : &*at;
}

void check_names(const results::Store& store, const trial::Plan& plan) {
  for (const auto& cell : cells_of(store)) {
    const auto* planned = find(plan, cell.cell);
    const bool same = planned != nullptr && planned->client.nat_name == cell.client &&
                      planned->connector.nat_name == cell.connector && planned->policy.name == cell.policy &&
                      results::link_label(*planned) == cell.link && planned->world == cell.world;
    if (!same)
      throw CommandError(kWrongUsage,
                         fmt::format("{} is broken: its cell {} is {},{} ({}), but not in its scenario",
                                     store.folder().string(), cell.cell, cell.client, cell.connector, cell.policy));
  }
}

std::uint64_t whole_number(std::string_view text, const std::string& option) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > UINT32_MAX)
    throw CommandError(kWrongUsage, fmt::format("--trial {}: write CELL-TRIAL, such as 3-17, as trials.sqlite counts "
                                                "them; or a trial's number together with --cell",
                                                option));
  return value;
}

std::optional<results::TrialRecord> typical_of(const RecordedRun& run, std::uint32_t cell) {
  if (run.is_real()) {
    auto recorded = run.store.typical_recorded(cell);
    if (!recorded) fail(recorded.error());
    if (*recorded) return *recorded;
  }
  auto typical = run.store.typical(cell);
  if (!typical) fail(typical.error());
  return *typical;
}

}  // namespace

results::TrialRecord stored_trial(const RecordedRun& run, std::uint32_t cell, std::uint64_t trial) {
  auto record = run.store.find(cell, trial);
  if (!record) fail(record.error());
  if (!*record)
    throw CommandError(kWrongUsage, fmt::format("{} has no trial {}-{}", run.store.folder().string(), cell, trial));
  return **record;
}

const trial::Cell& RecordedRun::cell(std::uint32_t index) const {
  const auto* found = find(plan, index);
  if (found == nullptr)
    throw CommandError(kWrongUsage, fmt::format("{} has no cell {}", store.folder().string(), index));
  return *found;
}

RecordedRun open_run(const std::filesystem::path& folder) {
  auto store = results::Store::open(folder);
  if (!store) fail(store.error());
  const auto backend = runner::parse_backend(store->manifest().backend);
  if (!backend)
    throw CommandError(kWrongUsage, fmt::format("{} was run on backend {}, which this punchlab does not know",
                                                folder.string(), store->manifest().backend));
  auto plan = plan_of(*store, grid_of(*store));
  check_names(*store, plan);
  return {std::move(*store), std::move(plan), *backend};
}

std::optional<trial::Plan> planned_again(const std::filesystem::path& folder) {
  const auto store = results::Store::open(folder);
  if (!store) fail(store.error());
  auto loaded = loader::load(texts_of(store->manifest()), grid_of(*store));
  if (!std::holds_alternative<trial::Plan>(loaded)) return std::nullopt;
  check_names(*store, std::get<trial::Plan>(loaded));
  return std::get<trial::Plan>(std::move(loaded));
}

std::string name_of(const trial::Cell& cell) {
  const auto link = results::link_label(cell);
  return fmt::format("{},{} ({}{}{})", cell.client.nat_name, cell.connector.nat_name, cell.policy.name,
                     link.empty() ? "" : ", ", link);
}

std::string id_of(const results::TrialRecord& record) { return fmt::format("{}-{}", record.cell, record.trial); }

std::string ended(const results::TrialRecord& record) {
  const std::string outcome(results::name_of(record.outcome));
  return record.reason.empty() ? outcome : fmt::format("{} ({})", outcome, record.reason);
}

void add_trial_options(po::options_description& options) {
  options.add_options()("trial", po::value<std::string>(),
                        "CELL-TRIAL, as trials.sqlite counts them; with --cell the trial's number alone")(
      "cell", po::value<std::string>(), "CLIENT,CONNECTOR: a typical trial of this cell; 'any' matches all")(
      "policy", po::value<std::string>(), "of the cells that --cell means, those with this policy");
}

std::vector<std::uint32_t> chosen_cells(const RecordedRun& run, const po::variables_map& values) {
  auto overrides = grid_of(run.store);
  if (values.count("cell")) {
    auto cell = loader::parse_cell(values["cell"].as<std::string>());
    if (const auto* problem = std::get_if<loader::Problem>(&cell))
      throw CommandError(kWrongUsage, problem->to_string());
    overrides.cell = std::get<0>(cell);
  }
  const auto plan = plan_of(run.store, overrides);
  std::vector<std::uint32_t> indices;
  for (const auto& cell : plan.cells)
    if (!values.count("policy") || cell.policy.name == values["policy"].as<std::string>())
      indices.push_back(cell.index);
  if (indices.empty())
    throw CommandError(kWrongUsage,
                       fmt::format("--policy {}: no cell of the run has it", values["policy"].as<std::string>()));
  return indices;
}

results::TrialRecord chosen_trial(const RecordedRun& run, const po::variables_map& values) {
  const auto text = values.count("trial") ? values["trial"].as<std::string>() : std::string{};
  const auto dash = text.find('-');
  if (dash != text.npos && values.count("cell"))
    throw CommandError(kWrongUsage, "--trial CELL-TRIAL names the cell; leave out --cell, or give the trial's number");
  if (dash != text.npos)
    return stored_trial(run, static_cast<std::uint32_t>(whole_number(text.substr(0, dash), text)),
                        whole_number(text.substr(dash + 1), text));
  if (!values.count("cell"))
    throw CommandError(kWrongUsage, text.empty() ? "--trial CELL-TRIAL or --cell CLIENT,CONNECTOR is missing"
                                                 : fmt::format("--trial {}: also give the cell: --trial CELL-{} or "
                                                               "--cell CLIENT,CONNECTOR",
                                                               text, text));
  for (const auto index : chosen_cells(run, values)) {
    const auto typical = typical_of(run, index);
    if (typical) return text.empty() ? *typical : stored_trial(run, index, whole_number(text, text));
  }
  throw CommandError(
      kWrongUsage, fmt::format("{} has no trial of {}", run.store.folder().string(), values["cell"].as<std::string>()));
}

}  // namespace punchlab::cli
