// punchlab run: scenario file -> plan -> trials -> store -> summary -> matrix and report.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "results/store/expectations.hpp"
#include "results/store/summary_files.hpp"
#include "results/terminal/matrix.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/make_report.hpp"
#include "tools/cli/oracle_check.hpp"
#include "tools/cli/plan.hpp"
#include "tools/cli/recordings.hpp"
#include "tools/cli/run_folder.hpp"
#include "tools/cli/run_options.hpp"
#include "tools/runner/pool.hpp"
#include "tools/runner/progress.hpp"

namespace punchlab::cli {
namespace {

using End = runner::PoolResult::End;

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The plan's trials that are neither in the store nor ruled out by --trial.
runner::Schedule remaining(const trial::Plan& plan, const RunOptions& options, const results::Store* store) {
  const auto finished = [&](std::size_t position) {
    if (store == nullptr) return std::vector<bool>{};
    auto trials = store->finished(plan.cells[position].index);
    if (!trials) fail(trials.error());
    return std::move(*trials);
  };
  return runner::schedule(plan, finished, {.chunk = runner::chunk_of(options.backend), .only = options.trial});
}

struct Run {
  runner::PoolResult end;
  results::Status error;  ///< of the store
  std::size_t trials = 0;
  double seconds = 0;
  double rate() const { return static_cast<double>(trials) / std::max(seconds, 1e-3); }
};

Run run_trials(const trial::Plan& plan, const RunOptions& options, const runner::Schedule& items, std::size_t planned,
               results::Store& store) {
  Run run;
  const Stopwatch stopwatch;
  runner::Progress progress(planned, planned - items.size());
  runner::PoolOptions pool{options.backend, options.jobs, std::nullopt, options.recordings};
  // Starting programs is work; more than one at a time per processor only where they are in time.
  if (options.default_jobs && trial::has_agents(plan.cells.front()))
    pool.least_at_once = runner::default_jobs(runner::Backend::memory);
  if (options.pcap) pool.pcap = store.folder() / "pcap";
  const auto keep = [&](results::Status status) {
    if (status) run.error = std::move(status);
    progress.update();
    return !run.error;
  };
  RecordingQuota quota(plan, store, options.recordings);
  std::vector<std::uint8_t> recording;
  const runner::PoolSink sink{
      .record =
          [&](results::TrialRecord record) {
            progress.add();
            ++run.trials;
            if (!recording.empty() && !quota.take(record)) recording.clear();
            return keep(store.append(std::move(record), std::exchange(recording, {})));
          },
      .idle = [&] { return keep(store.flush()); },
      .recording = [&](std::vector<std::uint8_t> packed) { recording = std::move(packed); },
  };
  run.end = runner::run_pool(plan, items, pool, sink, interrupted);
  run.seconds = stopwatch.seconds();
  progress.finish();
  return run;
}

/// What to do about a run that ended early; nothing can be promised of a folder that is gone.
std::string how_to_go_on(const results::Store& store) {
  std::error_code ignored;
  if (!std::filesystem::exists(store.folder() / "trials.sqlite", ignored)) return {};
  return fmt::format("; what was finished is kept; go on with the same command, --resume and --out {}",
                     quoted(store.folder().string()));
}

/// Closes the run folder as it ended, and sums up what is in it; throws unless the run is complete.
results::Summary close(const trial::Plan& plan, const RunOptions& options, results::Store& store, Run& run) {
  using State = results::Manifest::State;
  const auto state = run.end.end == End::complete      ? State::complete
                     : run.end.end == End::interrupted ? State::interrupted
                                                       : State::failed;
  results::Summarizer summarizer(plan, std::string(runner::name_of(options.backend)), predictions(plan));
  auto closed = store.finish(state, run.rate(), [&](const results::TrialRecord& record) { summarizer.add(record); });
  const auto hint = how_to_go_on(store);
  if (!run.error) run.error = std::move(closed);
  if (run.error) throw CommandError(static_cast<ExitStatus>(run.error->exit_status()), run.error->text + hint);
  if (run.end.end == End::interrupted) throw CommandError(kInterrupted, "interrupted" + hint);
  if (run.end.end != End::complete) throw CommandError(kMachineLacks, run.end.error + hint);
  return summarizer.finish();
}

results::MatrixOptions terminal() { return {.width = 110, .colour = isatty(STDOUT_FILENO) == 1}; }

/// Prints what was found; the exit status it deserves.
ExitStatus conclude(const trial::Plan& plan, const results::Summary& summary) {
  fmt::print("{}\n", results::matrix_text(plan, summary, terminal()));
  const auto expectations = results::evaluate(plan, summary);
  fmt::print("{}", results::expectations_text(expectations, terminal()));
  if (!summary.warning.empty()) fmt::print("{}\n", summary.warning);
  const auto contradictions = contradictions_of(plan, summary);
  fmt::print("{}", contradictions.text);
  bool met = contradictions.count == 0;
  for (const auto& expectation : expectations) met &= expectation.met();
  return met ? kFine : kExpectationFailed;
}

std::string speed(const Run& run, unsigned jobs) {
  if (run.trials == 0) return "no trial was left to run";
  return fmt::format("{} trials in {:.1f} s, {:.0f} trials/s with {} {}", run.trials, run.seconds, run.rate(), jobs,
                     jobs == 1 ? "job" : "jobs");
}

}  // namespace

int run_command(const Arguments& arguments) {
  auto options = parse_run_options(arguments);
  if (!options) return kFine;
  listen_for_interrupts();
  const auto plan = load_plan(options->scenario, options->overrides);
  check_backend(plan, options->backend);
  if (options->default_jobs && trial::has_agents(plan.cells.front())) options->jobs = runner::default_agent_jobs();
  const auto planned = remaining(plan, *options, nullptr).size();
  if (planned == 0)
    throw CommandError(kWrongUsage, fmt::format("--trial {}: no cell has so many trials", *options->trial));
  if (interrupted) throw CommandError(kInterrupted, "interrupted before the first trial");
  auto store = open_store(plan, *options, planned);
  auto run = run_trials(plan, *options, remaining(plan, *options, &store), planned, store);
  const Stopwatch summarizing;
  const auto summary = close(plan, *options, store, run);
  check(results::write_summary(summary, store.folder()));
  const auto status = conclude(plan, summary);
  fmt::print("\ntime: {}; {:.1f} s for the summary", speed(run, options->jobs), summarizing.seconds());
  if (!options->report) {
    fmt::print("\nrun folder: {}\n", store.folder().string());
    return status;
  }
  std::fflush(stdout);
  const Stopwatch reporting;
  const auto report = make_report(store.folder(), options->what_if);
  fmt::print(", {:.1f} s for the report\nrun folder: {}\n", reporting.seconds(), store.folder().string());
  if (report.status == kFine) fmt::print("report: {}\n", report.path.string());
  if (report.status != kFine) throw CommandError(status == kFine ? report.status : status, report.error);
  return status;
}

}  // namespace punchlab::cli
