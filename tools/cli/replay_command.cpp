// punchlab replay: one trial of a run again, from its folder alone, and whether it is the same to the last bit.
#include <fmt/format.h>

#include "results/record/names.hpp"
#include "tools/cli/recorded_run.hpp"
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

std::string outcome_text(const results::TrialRecord& record) {
  auto text = std::string(results::name_of(record.outcome));
  return record.reason.empty() ? text : fmt::format("{} ({})", text, record.reason);
}

}  // namespace

int replay_command(const Arguments& arguments) {
  Syntax syntax{
      .usage = "punchlab replay RUN (--trial CELL-TRIAL | --cell CLIENT,CONNECTOR)",
      .about =
          "Runs one trial of a run again, from the run folder alone, and compares every datagram (by the trace's hash) "
          "and "
          "every\nmeasured value with what is stored. Exit status 1 when something differs.",
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
  const auto again = run_again(run, stored);
  fmt::print("trial {} of {} on {}: {}\n", id_of(stored), name_of(run.cell(stored.cell)), runner::name_of(run.backend),
             outcome_text(again));
  if (again == stored) {
    fmt::print("bit-identical: trace hash {:016x}, {} events, and every measured value\n", again.trace_hash,
               again.events);
    return kFine;
  }
  fmt::print("not the same: stored {}, trace hash {:016x}; now {}, trace hash {:016x}\n", outcome_text(stored),
             stored.trace_hash, outcome_text(again), again.trace_hash);
  const auto& manifest = run.store.manifest();
  if (manifest.commit != PUNCHLAB_COMMIT)
    fmt::print("the run was made by commit {}, this is {}: only the same commit promises the same bits\n",
               manifest.commit, PUNCHLAB_COMMIT);
  return kExpectationFailed;
}

}  // namespace punchlab::cli
