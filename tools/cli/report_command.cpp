#include <fmt/format.h>

#include "results/store/store.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/make_report.hpp"

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
  if (const auto store = results::Store::open(folder); !store)
    throw CommandError(static_cast<ExitStatus>(store.error().exit_status()), store.error().text);
  bool ok = false;
  const auto text = make_report(folder, &ok);
  if (!ok) throw CommandError(kMachineLacks, "report: " + text);
  fmt::print("{}\n", text);
  return kFine;
}

}  // namespace punchlab::cli
