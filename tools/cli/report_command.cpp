#include <fmt/format.h>

#include "results/store/store.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/make_report.hpp"
#include "tools/cli/run_folder.hpp"
#include "tools/cli/run_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

int report_command(const Arguments& arguments) {
  Syntax syntax{
      .usage = "punchlab report RUN",
      .about = "Makes report.html and the plots (SVG and PNG) of a run folder again.",
      .example = "punchlab report results/runs/classic-nats/20260101T120000Z-1",
      .options = po::options_description("options"),
      .positional = "run",
  };
  syntax.options.add_options()("run", po::value<std::string>(), "the run folder (also without --run)");
  const auto values = parse(syntax, arguments);
  if (!values) return kFine;
  const std::filesystem::path folder = (*values)["run"].as<std::string>();
  const auto store = results::Store::open(folder);
  if (!store) fail(store.error());
  if (!std::filesystem::exists(folder / "summary.json"))
    throw CommandError(kWrongUsage, fmt::format("{} has no summary.json: the run did not end; go on with the "
                                                "command that started it, --resume and --out {}",
                                                folder.string(), quoted(folder.string())));
  listen_for_interrupts();
  const auto report = make_report(folder);
  if (report.status != kFine) throw CommandError(report.status, report.error);
  fmt::print("report: {}\n", report.path.string());
  return kFine;
}

}  // namespace punchlab::cli
