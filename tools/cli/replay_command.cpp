// punchlab replay: one trial of a run again, from its folder alone, and whether it is the same to the last bit.
#include <fmt/format.h>

#include "sim/explain/traces.hpp"
#include "tools/cli/recorded_run.hpp"
#include "tools/cli/recordings.hpp"
#include "tools/runner/run_trial.hpp"
#include "version_values.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

results::TrialRecord run_again(const RecordedRun& run, const results::TrialRecord& stored) {
  const auto& cell = run.cell(stored.cell);
  const auto world = runner::make_world(run.backend);
  const trial::Identities identities(run.plan.seed);
  return runner::run_trial(*world, cell, identities, run.plan.seed, stored.trial);
}

/// The same trial in the run's model, and how far real sockets agree with it.
ExitStatus replay_in_model(const RecordedRun& run, const results::TrialRecord& stored) {
  const auto& cell = run.cell(stored.cell);
  if (trial::has_agents(cell))
    throw CommandError(
        kWrongUsage,
        fmt::format("trial {} was run by agents that are programs of their own ({}), which no simulation runs",
                    id_of(stored), name_of(cell)));
  const auto model = runner::name_of(run.model());
  const auto world = runner::make_world(run.model());
  const auto again = explain::record(*world, cell, trial::Identities(run.plan.seed), run.plan.seed, stored.trial);
  const auto& now = again.record;
  fmt::print("trial {} of {}\nover real sockets (backend {}): {}\non {}, same seed and world: {}\n", id_of(stored),
             name_of(cell), runner::name_of(run.backend), ended(stored), model, ended(now));
  const bool outcome = stored.outcome == now.outcome;
  const bool reason = stored.reason == now.reason;
  const bool slower = outcome && stored.outcome == results::Outcome::direct;
  fmt::print("{}. Real time has no seed, so nothing is the same to the bit.\n",
             !outcome ? "another outcome"
             : reason ? "the same outcome and reason"
             : slower ? "the same outcome; how late it is depends on real time"
                      : "the same outcome, for another reason");
  if (has_recording(run, stored))
    fmt::print("{}", parting_text(explain::compare_traces(recording_of(run, stored), again),
                                  runner::name_of(run.backend), model));
  else
    fmt::print("the trial has no recording, so packets are not compared (docs/explain.md)\n");
  return outcome && (reason || slower) ? kFine : kExpectationFailed;
}

}  // namespace

int replay_command(const Arguments& arguments) {
  Syntax syntax{
      .usage = "punchlab replay RUN (--trial CELL-TRIAL | --cell CLIENT,CONNECTOR)",
      .about =
          "Runs one trial of a run again, from the run folder alone, and compares every datagram (by the trace's hash) "
          "and "
          "every\nmeasured value with what is stored. Exit status 1 when something differs.\n"
          "A trial over real sockets is run on ns-3: status 1 when the outcome or the reason differs; the first packet "
          "that "
          "differs is named.",
      .example = "punchlab replay results/runs/classic-nats/20260101T120000Z-1 --trial 3-17",
      .options = po::options_description("options"),
      .positional = "run",
  };
  syntax.options.add_options()("run", po::value<std::string>(), "the run folder (also without --run)");
  add_trial_options(syntax.options);
  const auto values = parse(syntax, arguments);
  if (!values) return kFine;
  const auto run = open_run((*values)["run"].as<std::string>());
  const auto stored = chosen_trial(run, *values);
  if (run.is_real()) return replay_in_model(run, stored);
  const auto again = run_again(run, stored);
  fmt::print("trial {} of {} on {}: {}\n", id_of(stored), name_of(run.cell(stored.cell)), runner::name_of(run.backend),
             ended(again));
  if (again == stored) {
    fmt::print("bit-identical: trace hash {:016x}, {} events, and every measured value\n", again.trace_hash,
               again.events);
    return kFine;
  }
  fmt::print("not the same: stored {}, trace hash {:016x}; now {}, trace hash {:016x}\n", ended(stored),
             stored.trace_hash, ended(again), again.trace_hash);
  const auto& manifest = run.store.manifest();
  if (manifest.commit != PUNCHLAB_COMMIT)
    fmt::print("the run was made by commit {}, this is {}: only the same commit promises the same bits\n",
               manifest.commit, PUNCHLAB_COMMIT);
  return kExpectationFailed;
}

}  // namespace punchlab::cli
