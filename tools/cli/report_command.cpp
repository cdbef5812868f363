#include <fmt/format.h>

#include "results/store/lateness.hpp"
#include "results/store/store.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/make_report.hpp"
#include "tools/cli/run_folder.hpp"
#include "tools/cli/run_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

/// Throws unless a whole run is there, with the trials that it ended with. What is to be said of its times.
std::string check_run(const std::filesystem::path& folder) {
  const auto store = results::Store::open(folder);
  if (!store) fail(store.error());
  if (!std::filesystem::exists(folder / "summary.json"))
    throw CommandError(kWrongUsage, fmt::format("{} has no summary.json: the run did not end; go on with the "
                                                "command that started it, --resume and --out {}",
                                                folder.string(), quoted(folder.string())));
  results::Lateness lateness;
  check(store->for_each([&](const results::TrialRecord& record) { lateness.add(record); }));
  return lateness.warning();
}

Syntax syntax() {
  Syntax s{
      .usage = "punchlab report RUN | punchlab report RUN RUN... --out FILE",
      .about =
          "Makes report.html and the plots (SVG, PNG, PDF) of a run folder again, or one page with several runs "
          "side by side.",
      .example = "punchlab report results/runs/classic-nats/20260101T120000Z-1",
      .options = po::options_description("options"),
      .positional = "run",
      .positional_count = 100,
  };
  s.options.add_options()("run", po::value<std::vector<std::string>>()->composing(),
                          "a run folder (also without --run)")("out", po::value<std::string>()->default_value(""),
                                                               "the page, when there are several runs")(
      "no-what-if", po::bool_switch(), "leave out what changes would make trials direct");
  return s;
}

}  // namespace

int report_command(const Arguments& arguments) {
  const auto values = parse(syntax(), arguments);
  if (!values) return kFine;
  const auto runs = (*values)["run"].as<std::vector<std::string>>();
  const auto out = (*values)["out"].as<std::string>();
  if (runs.size() > 1 && out.empty())
    throw CommandError(kWrongUsage, "--out is missing: the page for several runs side by side");
  if (runs.size() == 1 && !out.empty())
    throw CommandError(kWrongUsage, "--out is for several runs; the report of one lies in its folder");
  std::string warnings;
  for (const auto& run : runs)
    if (const auto warning = check_run(run); !warning.empty()) warnings += fmt::format("{}: {}\n", run, warning);
  listen_for_interrupts();
  const auto report = runs.size() > 1
                          ? make_report(runs, out)
                          : make_report(std::filesystem::path(runs.front()), !(*values)["no-what-if"].as<bool>());
  if (report.status != kFine) throw CommandError(report.status, report.error);
  fmt::print("{}report: {}\n", warnings, report.path.string());
  return kFine;
}

}  // namespace punchlab::cli
