// punchlab explain: why a trial ended as it did, packet by packet, and what would have made it direct.
#include <fmt/format.h>

#include <fstream>

#include "results/store/files.hpp"
#include "sim/explain/diagram.hpp"
#include "sim/explain/listing.hpp"
#include "sim/explain/pcapng.hpp"
#include "sim/explain/sentence.hpp"
#include "sim/explain/what_if.hpp"
#include "tools/cli/recorded_run.hpp"
#include "tools/cli/recordings.hpp"
#include "tools/cli/run_folder.hpp"
#include "tools/cli/run_options.hpp"
#include "tools/cli/what_if_report.hpp"
#include "version_values.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

Syntax explain_syntax() {
  Syntax syntax{
      .usage = "punchlab explain RUN (--trial CELL-TRIAL | --cell CLIENT,CONNECTOR | --what-if) [OPTIONS]",
      .about =
          "Says in one sentence why a trial ended as it did, then shows every packet with what the NATs and links did "
          "to it.\n"
          "With --what-if: the smallest changes that make it direct. With --what-if and no trial: what each change "
          "would\n"
          "gain in every cell and over all of them, also written to what-if.json in the run folder.",
      .example =
          "punchlab explain results/runs/classic-nats/20260101T120000Z-1 --cell symmetric,port-restricted-cone "
          "--what-if",
      .options = po::options_description("options"),
      .positional = "run",
  };
  syntax.options.add_options()("run", po::value<std::string>(), "the run folder (also without --run)");
  add_trial_options(syntax.options);
  syntax.options.add_options()("what-if", po::bool_switch(), "what would have made it direct")(
      "html", po::value<std::string>(),
      "write a page with the sequence diagram to this file (.svg: the diagram alone)")(
      "pcap", po::value<std::string>(), "write the packets as pcapng, verdicts as comments")(
      "all", po::bool_switch(), "list the packets of application data too");
  return syntax;
}

void write(const std::string& file, std::string_view content, const char* what) {
  check(results::replace_file(file, content));
  fmt::print("{}: {}\n", what, file);
}

std::string outcome_line(const RecordedRun& run, const explain::Recording& r, const results::TrialRecord& stored) {
  const auto real = fmt::format(", as it ran over real sockets (backend {})", runner::name_of(run.backend));
  return fmt::format("trial {} of {}{}{}\n", id_of(r.record), name_of(r.cell), run.is_real() ? real : "",
                     r.record == stored
                         ? ""
                         : "  (NOT as stored: `punchlab replay` says how; what follows is what this punchlab does)");
}

/// The same commit gives the same bits; when it does not, the row was changed. (A build of uncommitted code, whose name
/// ends with "+", promises nothing.)
void refuse_damaged_row(const RecordedRun& run, const results::TrialRecord& now, const results::TrialRecord& stored) {
  const std::string_view commit = PUNCHLAB_COMMIT;
  if (run.is_real() || now == stored || commit.empty() || commit.ends_with('+')) return;
  if (run.store.manifest().commit == commit)
    throw CommandError(kWrongUsage,
                       fmt::format("trial {} does not end as {} says, though the same commit made the run: the file is "
                                   "damaged or edited",
                                   id_of(stored), (run.store.folder() / "trials.sqlite").string()));
}

/// What happened in the trial: as it was recorded, or run once more.
explain::Recording happened(const RecordedRun& run, const results::TrialRecord& stored,
                            const trial::Identities& identities) {
  if (run.is_real()) return recording_of(run, stored);
  const auto world = runner::make_world(run.backend);
  return explain::record(*world, run.cell(stored.cell), identities, run.plan.seed, stored.trial);
}

bool in_time(const results::TrialRecord& record) {
  return record.outcome == results::Outcome::direct && record.reason.empty();
}

/// What the model can say of a trial that real sockets ran.
std::string prediction(const results::TrialRecord& real, const results::TrialRecord& model) {
  auto text = fmt::format(
      "What follows is a prediction by the model: real sockets cannot run this trial again, so the same seed and "
      "world\n"
      "are simulated. In the simulation the trial ends {}; over real sockets it ended {}.\n",
      ended(model), ended(real));
  if (model.outcome != real.outcome)
    return text + "The simulation ends it otherwise: what it would say of changes is of another trial.\n";
  if (in_time(model))
    text +=
        "The model is direct in time without any change: what the lab saw came from its machine, or from what the "
        "model\n"
        "lacks or draws otherwise, and no change of the scenario can show a cure.\n";
  return text;
}

/// A plan has agents in all cells or in none.
void refuse_agents(const RecordedRun& run) {
  if (trial::has_agents(run.plan.cells.front()))
    throw CommandError(
        kWrongUsage,
        fmt::format("--what-if simulates our own core; the sides of {} are agents that are programs of their own",
                    run.store.folder().string()));
}

void print_what_if(const RecordedRun& run, const explain::Recording& happened, const trial::Identities& identities) {
  const auto& cell = happened.cell;
  const auto& stored = happened.record;
  const auto twin = counterfactual_world(cell, run.model());
  const explain::Question question{*twin, cell, identities, run.plan.seed, stored.trial};
  const auto base = run.is_real() ? explain::run_with(question, {}) : stored;
  if (run.is_real()) fmt::print("{}", prediction(stored, base));
  if (run.is_real() && (base.outcome != stored.outcome || in_time(base))) return;
  if (in_time(base)) {
    fmt::print("This trial is direct in time: there is nothing to cure.\n");
    return;
  }
  fmt::print("{}\n", what_if_text(explain::what_if(question), base));
}

void write_files(const RecordedRun& run, const explain::Recording& r, const std::vector<explain::Journey>& journeys,
                 const po::variables_map& values) {
  if (values.count("html")) {
    const auto file = values["html"].as<std::string>();
    const auto command =
        fmt::format("punchlab explain {} --trial {}", quoted(values["run"].as<std::string>()), id_of(r.record));
    const auto title =
        fmt::format("Trial {} of {}{}", id_of(r.record), name_of(r.cell), run.is_real() ? ", over real sockets" : "");
    write(
        file,
        file.ends_with(".svg") ? explain::diagram_svg(r, journeys) : explain::diagram_html(r, journeys, title, command),
        "diagram");
  }
  if (values.count("pcap")) {
    const auto bytes = explain::pcapng(r, journeys);
    write(values["pcap"].as<std::string>(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "capture");
  }
}

void explain_trial(const RecordedRun& run, const po::variables_map& values) {
  const auto stored = chosen_trial(run, values);
  const trial::Identities identities(run.plan.seed);
  const auto recording = happened(run, stored, identities);
  refuse_damaged_row(run, recording.record, stored);
  const auto journeys = explain::journeys(recording);
  fmt::print("{}{}\n\n", outcome_line(run, recording, stored), explain::sentence(recording));
  if (values["what-if"].as<bool>())
    print_what_if(run, recording, identities);
  else
    fmt::print("{}", explain::listing(recording, journeys, {.all = values["all"].as<bool>()}));
  write_files(run, recording, journeys, values);
}

}  // namespace

int explain_command(const Arguments& arguments) {
  const auto values = parse(explain_syntax(), arguments);
  if (!values) return kFine;
  const auto run = open_run((*values)["run"].as<std::string>());
  if ((*values)["what-if"].as<bool>()) refuse_agents(run);
  const bool one = values->count("trial") || values->count("cell");
  if (one || !(*values)["what-if"].as<bool>()) {
    explain_trial(run, *values);
    return kFine;
  }
  for (const char* option : {"html", "pcap"})
    if (values->count(option)) throw CommandError(kWrongUsage, fmt::format("--{} needs --trial or --cell", option));
  const auto gains = gains_of(run);
  check(results::replace_file(run.store.folder() / "what-if.json", to_json(gains)));
  fmt::print("{}", to_text(gains));
  fmt::print("written: {}\n", (run.store.folder() / "what-if.json").string());
  return kFine;
}

}  // namespace punchlab::cli
