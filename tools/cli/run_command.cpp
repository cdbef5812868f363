// punchlab run: scenario file -> plan -> trials -> store -> summary -> matrix and report.
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "results/store/expectations.hpp"
#include "results/store/files.hpp"
#include "results/store/store.hpp"
#include "results/store/summary_files.hpp"
#include "results/terminal/matrix.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/make_report.hpp"
#include "tools/cli/oracle_check.hpp"
#include "tools/cli/run_options.hpp"
#include "tools/runner/pool.hpp"
#include "tools/runner/progress.hpp"
#include "version_values.hpp"

namespace punchlab::cli {
namespace {

using State = results::Manifest::State;

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) { stop_requested = 1; }

void listen_for_stop() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

[[noreturn]] void fail(const results::Error& error) {
  throw CommandError(static_cast<ExitStatus>(error.exit_status()), error.text);
}

void check(const results::Status& status) {
  if (status) fail(*status);
}

trial::Plan load_plan(const RunOptions& options) {
  auto loaded = loader::load(options.scenario, options.overrides);
  if (const auto* problem = std::get_if<loader::Problem>(&loaded)) throw CommandError(kWrongUsage, problem->to_string());
  auto plan = std::get<trial::Plan>(std::move(loaded));
  const auto world = runner::make_world(options.backend);
  for (const auto& cell : plan.cells)
    if (const auto reason = world->cannot(cell))
      throw CommandError(kWrongUsage, fmt::format("backend {} cannot model cell {},{}: {}", runner::name_of(options.backend),
                                                  cell.client.nat_name, cell.connector.nat_name, *reason));
  return plan;
}

std::string host_name() {
  utsname name{};
  uname(&name);
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

results::Manifest manifest(const trial::Plan& plan, const RunOptions& options, std::size_t planned) {
  results::Manifest m;
  m.version = PUNCHLAB_VERSION;
  m.commit = PUNCHLAB_COMMIT;
  m.scenario_name = plan.name;
  m.scenario_title = plan.title;
  m.scenario_path = plan.scenario_path;
  m.scenario_text = plan.scenario_text;
  m.scenario_sha256 = results::sha256_hex(plan.scenario_text);
  m.seed = plan.seed;
  m.backend = runner::name_of(options.backend);
  m.host = host_name();
  m.command = options.command;
  m.jobs = options.jobs;
  m.start = results::utc_now();
  m.planned = planned;
  return m;
}

std::filesystem::path run_folder(const trial::Plan& plan, const RunOptions& options) {
  if (!options.out.empty()) return options.out;
  auto time = results::utc_now();
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  const auto base = std::filesystem::path("results/runs") / plan.name / fmt::format("{}-{}", time, plan.seed);
  auto folder = base;
  for (int n = 2; std::filesystem::exists(folder); ++n) folder = base.string() + fmt::format("-{}", n);
  return folder;
}

results::Store open_store(const trial::Plan& plan, const RunOptions& options, std::size_t planned) {
  const auto folder = run_folder(plan, options);
  const auto m = manifest(plan, options, planned);
  auto store = options.resume ? results::Store::resume(folder, m, plan) : results::Store::create(folder, m, plan);
  if (!store) fail(store.error());
  return std::move(*store);
}

/// The plan's trials that are neither in the store nor ruled out by --trial.
std::vector<runner::Item> remaining(const trial::Plan& plan, const RunOptions& options, const results::Store* store) {
  auto items = runner::schedule(plan, [&](std::size_t position) {
    if (store == nullptr) return std::vector<bool>{};
    auto finished = store->finished(plan.cells[position].index);
    if (!finished) fail(finished.error());
    return std::move(*finished);
  });
  if (options.trial) std::erase_if(items, [&](const auto& item) { return item.trial != *options.trial; });
  return items;
}

struct Run {
  runner::PoolResult end;
  results::Status error;
  double rate = 0;
};

Run run_trials(const trial::Plan& plan, const RunOptions& options, const std::vector<runner::Item>& items,
               std::size_t planned, results::Store& store) {
  Run run;
  runner::Progress progress(planned, planned - items.size());
  runner::PoolOptions pool{options.backend, options.jobs, std::nullopt};
  if (options.pcap) pool.pcap = store.folder() / "pcap";
  const auto keep = [&](results::Status status) {
    if (status) run.error = std::move(status);
    return !run.error;
  };
  const runner::PoolSink sink{
      .record = [&](results::TrialRecord record) { progress.add(); return keep(store.append(std::move(record))); },
      .idle = [&] { progress.update(); return true; },
  };
  run.end = runner::run_pool(plan, items, pool, sink, stop_requested);
  run.rate = progress.rate();
  progress.finish();
  return run;
}

/// Closes the run folder as it ended; throws unless the run is complete.
void finish(results::Store& store, const Run& run) {
  using End = runner::PoolResult::End;
  const auto state = run.end.end == End::complete      ? State::complete
                     : run.end.end == End::interrupted ? State::interrupted
                                                       : State::failed;
  const auto kept = fmt::format("what was finished is kept; go on with: --resume --out {}", store.folder().string());
  const auto closed = store.finish(state, run.rate);
  if (run.error) throw CommandError(kMachineLacks, run.error->text + "; " + kept);
  if (closed) fail(*closed);
  if (run.end.end == End::interrupted) throw CommandError(kInterrupted, "interrupted; " + kept);
  if (run.end.end != End::complete) throw CommandError(kMachineLacks, run.end.error + "; " + kept);
}

results::Summary summarize(const trial::Plan& plan, const RunOptions& options, const results::Store& store) {
  results::Summarizer summarizer(plan, std::string(runner::name_of(options.backend)), predictions(plan));
  check(store.for_each([&](const results::TrialRecord& record) { summarizer.add(record); }));
  auto summary = summarizer.finish();
  check(results::write_summary(summary, store.folder()));
  return summary;
}

results::MatrixOptions terminal() {
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  return {.width = 110, .colour = is_terminal};
}

/// Prints what was found; the exit status it deserves.
int conclude(const trial::Plan& plan, const results::Summary& summary) {
  fmt::print("{}\n", results::matrix_text(plan, summary, terminal()));
  const auto expectations = results::evaluate(plan, summary);
  fmt::print("{}", results::expectations_text(expectations, terminal()));
  const auto contradictions = contradictions_of(plan, summary);
  fmt::print("{}", contradictions.text);
  bool met = contradictions.count == 0;
  for (const auto& expectation : expectations) met &= expectation.met();
  return met ? kFine : kExpectationFailed;
}

}  // namespace

int run_command(const Arguments& arguments) {
  const auto options = parse_run_options(arguments);
  if (!options) return kFine;
  const auto plan = load_plan(*options);
  const auto planned = remaining(plan, *options, nullptr).size();
  if (planned == 0) throw CommandError(kWrongUsage, "--trial: no cell has so many trials");
  auto store = open_store(plan, *options, planned);
  listen_for_stop();
  const auto run = run_trials(plan, *options, remaining(plan, *options, &store), planned, store);
  finish(store, run);
  const auto summary = summarize(plan, *options, store);
  const int status = conclude(plan, summary);
  fmt::print("\n{} trials/s with {} {}\n", static_cast<long>(run.rate), options->jobs, options->jobs == 1 ? "job" : "jobs");
  if (options->report) fmt::print("report: {}\n", make_report(store.folder()));
  fmt::print("run folder: {}\n", store.folder().string());
  return status;
}

}  // namespace punchlab::cli
