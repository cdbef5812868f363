// punchlab check: is a scenario worse than its baseline? Runs as many trials as the answer needs.
#include <fmt/format.h>

#include <chrono>

#include "results/check/check_report.hpp"
#include "results/store/files.hpp"
#include "results/store/manifest.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/plan.hpp"
#include "tools/cli/run_folder.hpp"
#include "tools/cli/run_options.hpp"
#include "tools/runner/pool.hpp"
#include "tools/runner/progress.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

/// An expectation of the scenario is missed when even an interval of this confidence lies outside its bounds: with
/// fewer trials than `run` makes, chance would miss it every now and then.
constexpr double kSure = 0.99999;

struct CheckOptions {
  std::filesystem::path scenario;
  std::filesystem::path baseline;
  std::optional<runner::Backend> backend;  ///< nothing: the baseline's
  std::optional<std::uint64_t> trials;     ///< nothing: several times the baseline's, or the scenario's
  std::optional<std::uint64_t> seed;       ///< nothing: the scenario's
  unsigned jobs = 1;
  std::filesystem::path junit;
  std::filesystem::path markdown;
  bool update = false;
  std::string command;
};

Syntax syntax() {
  Syntax s{
      .usage = "punchlab check SCENARIO --baseline FILE [OPTIONS]",
      .about =
          "Runs as many trials of a scenario as it takes to tell whether success, relay share, time to first byte, "
          "time "
          "to direct or added latency are worse than in the baseline. Ends with status 1 when they are. Virtual time "
          "only: a "
          "slow machine changes nothing. Unchanged code raises alarm in at most one of a thousand checks.",
      .example = "punchlab check scenarios/classic-nats.yaml --baseline results/reference/classic-nats.yaml",
      .options = po::options_description("options"),
      .positional = "scenario",
  };
  s.options.add_options()("scenario", po::value<std::string>(), "the scenario file (also without --scenario)")(
      "baseline", po::value<std::string>(), "the baseline file")(
      "update-baseline", po::bool_switch(), "run all trials and write the baseline instead of checking")(
      "trials", po::value<std::string>(),
      "trials per cell at most (default: four times the baseline's; of a new baseline, the scenario's, at least "
      "100)")("seed", po::value<std::string>(), "seed instead of the scenario's")(
      "backend", po::value<std::string>(), "ns3 or memory (default: as the baseline; of a new one, ns3)")(
      "jobs", po::value<std::string>(), "worker processes (default: one per processor)")(
      "junit", po::value<std::string>()->default_value(""), "write the results as JUnit XML, a case per cell")(
      "markdown", po::value<std::string>()->default_value(""), "write a summary for a pull request");
  return s;
}

/// Real time would make a slow machine look like a regression.
std::optional<runner::Backend> virtual_backend(const std::string& name) {
  const auto backend = runner::parse_backend(name);
  return backend && runner::is_real(*backend) ? std::nullopt : backend;
}

std::optional<runner::Backend> backend_of(const po::variables_map& values) {
  if (!values.count("backend")) return std::nullopt;
  const auto name = values["backend"].as<std::string>();
  if (const auto backend = virtual_backend(name)) return backend;
  throw CommandError(kWrongUsage,
                     fmt::format("--backend {}: ns3 and memory are possible; a check needs virtual time", name));
}

std::optional<CheckOptions> parse_options(const Arguments& arguments) {
  const auto values = parse(syntax(), arguments);
  if (!values) return std::nullopt;
  if (!values->count("baseline")) throw CommandError(kWrongUsage, "--baseline is missing: the file to check against");
  CheckOptions options;
  options.scenario = (*values)["scenario"].as<std::string>();
  options.baseline = (*values)["baseline"].as<std::string>();
  options.backend = backend_of(*values);
  options.trials = number(*values, "trials", 1, loader::kMaxTrials);
  options.seed = number(*values, "seed", 0, std::numeric_limits<std::uint64_t>::max());
  options.jobs = jobs(*values, runner::Backend::memory);
  options.junit = (*values)["junit"].as<std::string>();
  options.markdown = (*values)["markdown"].as<std::string>();
  options.update = (*values)["update-baseline"].as<bool>();
  options.command = command_line("check", arguments);
  if (options.update && !(options.junit.empty() && options.markdown.empty()))
    throw CommandError(kWrongUsage, "--update-baseline checks nothing: leave out --junit and --markdown");
  return options;
}

results::Baseline read_baseline(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    throw CommandError(kWrongUsage, fmt::format("{}: no such file; make it with --update-baseline", path.string()));
  const auto text = results::read_file(path);
  if (!text) fail(text.error());
  auto baseline = results::parse_baseline(*text, path.string());
  if (!baseline) fail(baseline.error());
  return std::move(*baseline);
}

/// Runs `items` and hands their records on; throws unless all have run.
template <class Take>
void run_items(const trial::Plan& plan, const runner::Schedule& items, runner::Backend backend, unsigned jobs,
               Take take) {
  runner::Progress progress(items.size(), 0);
  const runner::PoolSink sink{.record =
                                  [&](const results::TrialRecord& record) {
                                    take(record);
                                    progress.add();
                                    progress.update();
                                    return true;
                                  },
                              .idle = [] { return true; }};
  runner::PoolOptions pool;
  pool.backend = backend;
  pool.jobs = jobs;
  const auto result = runner::run_pool(plan, items, pool, sink, interrupted);
  if (result.end == runner::PoolResult::End::interrupted)
    throw CommandError(kInterrupted, "interrupted; nothing is written");
  if (result.end != runner::PoolResult::End::complete) throw CommandError(kMachineLacks, result.error);
}

/// --trials, or what it would be: of a population all pairs, of other scenarios trials per cell.
std::uint64_t trials_of(const trial::Plan& plan, const std::optional<std::uint64_t>& asked) {
  if (asked) return *asked;
  std::uint64_t most = 0, all = 0;
  for (const auto& cell : plan.cells) {
    most = std::max(most, cell.trials);
    all += cell.trials;
  }
  const bool drawn = std::any_of(plan.cells.begin(), plan.cells.end(), [&](const auto& c) { return c.trials != most; });
  return drawn ? all : most;
}

/// The scenario's own number of trials, but enough to decide something.
trial::Plan plan_of_baseline(const CheckOptions& options) {
  loader::Overrides overrides;
  overrides.trials = options.trials;
  overrides.seed = options.seed;
  auto plan = load_plan(options.scenario, overrides);
  if (options.trials || trials_of(plan, {}) >= results::kLeastPerCell) return plan;
  overrides.trials = results::kLeastPerCell;
  return load_plan(options.scenario, overrides);
}

int update_baseline(const CheckOptions& options) {
  const auto backend = options.backend.value_or(runner::Backend::ns3);
  const auto plan = plan_of_baseline(options);
  check_backend(plan, backend);
  results::BaselineMaker maker(plan, std::string(runner::name_of(backend)), trials_of(plan, options.trials));
  runner::Schedule items(runner::chunk_of(backend));
  for (std::uint32_t position = 0; position < plan.cells.size(); ++position)
    for (std::uint64_t trial = 0; trial < maker.wanted(position); ++trial) items.add({position, trial});
  run_items(plan, items, backend, options.jobs, [&](const results::TrialRecord& record) { maker.add(record); });
  const auto baseline = maker.finish();
  check(results::replace_file(options.baseline, results::to_text(baseline, options.command)));
  fmt::print("baseline of {} cells, {} trials: {}\n", baseline.cells.size(), items.size(), options.baseline.string());
  return kFine;
}

/// Other cells are a matter of luck in a population, and a mistake in a matrix.
void check_matches(const results::Check& check, const trial::Plan& plan, const CheckOptions& options) {
  const auto most = std::max_element(plan.cells.begin(), plan.cells.end(),
                                     [](const auto& a, const auto& b) { return a.trials < b.trials; });
  const bool drawn =
      std::any_of(plan.cells.begin(), plan.cells.end(), [&](const auto& c) { return c.trials != most->trials; });
  if (check.matched() > 0 && (drawn || (check.only_baseline().empty() && check.only_plan().empty()))) return;
  const auto& stranger = !check.only_plan().empty() ? check.only_plan().front() : check.only_baseline().front();
  throw CommandError(kWrongUsage, fmt::format("{} is of other cells than {} ({}); make it again with --update-baseline",
                                              options.baseline.string(), options.scenario.string(), stranger));
}

/// Looks until enough is known.
void run_looks(results::Check& check, const trial::Plan& plan, runner::Backend backend, unsigned jobs) {
  std::vector<std::uint64_t> done(plan.cells.size());
  do {
    runner::Schedule items(runner::chunk_of(backend));
    for (std::uint32_t position = 0; position < plan.cells.size(); ++position)
      for (const auto wanted = check.wanted(position); done[position] < wanted; ++done[position])
        items.add({position, done[position]});
    run_items(plan, items, backend, jobs, [&](const results::TrialRecord& record) { check.add(record); });
  } while (check.look());
}

int check_baseline(const CheckOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  auto baseline = read_baseline(options.baseline);
  const auto known = virtual_backend(baseline.backend);
  if (!known)
    throw CommandError(kWrongUsage, fmt::format("{}: a check needs virtual time; its backend is {}",
                                                options.baseline.string(), baseline.backend));
  const auto backend = options.backend.value_or(*known);
  loader::Overrides overrides;
  const auto most = options.trials.value_or(std::min(baseline.trials * results::kMostOfBaseline, loader::kMaxTrials));
  overrides.trials = most;
  overrides.seed = options.seed;
  overrides.whole_grid =
      true;  // of a population also the cells that this seed does not draw, where the baseline has them
  const auto plan = load_plan(options.scenario, overrides);
  check_backend(plan, backend);
  results::CheckReport report{.scenario = plan.name,
                              .path = options.scenario.string(),
                              .backend = std::string(runner::name_of(backend)),
                              .seed = plan.seed,
                              .baseline = options.baseline.string(),
                              .command = options.command,
                              .start = results::utc_now(),
                              .most = most,
                              .baseline_trials = baseline.trials,
                              .cells = {},
                              .missed = {},
                              .only_baseline = {},
                              .only_plan = {}};
  results::Summarizer summarizer(plan, report.backend);
  results::Check course(std::move(baseline), plan, [&](const auto& record) { summarizer.add(record); });
  check_matches(course, plan, options);
  run_looks(course, plan, backend, options.jobs);
  report.cells = course.verdicts();
  report.trials = course.trials();
  report.only_baseline = course.only_baseline();
  report.only_plan = course.only_plan();
  for (auto& result : results::evaluate(plan, summarizer.finish(), kSure))
    if (!result.met()) report.missed.push_back(std::move(result));
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!options.junit.empty()) check(results::replace_file(options.junit, results::to_junit(report)));
  if (!options.markdown.empty()) check(results::replace_file(options.markdown, results::to_markdown(report)));
  fmt::print("{}", results::check_text(report));
  return report.passed() ? kFine : kExpectationFailed;
}

}  // namespace

int check_command(const Arguments& arguments) {
  const auto options = parse_options(arguments);
  if (!options) return kFine;
  listen_for_interrupts();
  return options->update ? update_baseline(*options) : check_baseline(*options);
}

}  // namespace punchlab::cli
