// punchlab export: every trial of a run, for other tools.
#include <fmt/format.h>

#include <cstdio>

#include "results/export/export.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/run_folder.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

int export_command(const Arguments& arguments) {
  Syntax syntax{
      .usage = "punchlab export RUN [--format csv|json]",
      .about =
          "Prints every trial of a run folder, with the names of its cell: CSV, or a JSON array with one object per "
          "line. docs/export.md describes the columns and loads them into pandas.",
      .example = "punchlab export results/runs/classic-nats/20260101T120000Z-1 --format csv > trials.csv",
      .options = po::options_description("options"),
      .positional = "run",
  };
  syntax.options.add_options()("run", po::value<std::string>(), "the run folder (also without --run)")(
      "format", po::value<std::string>()->default_value("csv"), "csv or json");
  const auto values = parse(syntax, arguments);
  if (!values) return kFine;
  const auto name = (*values)["format"].as<std::string>();
  const auto format = results::parse_export_format(name);
  if (!format) throw CommandError(kWrongUsage, fmt::format("--format {}: csv and json are possible", name));
  const auto store = results::Store::open((*values)["run"].as<std::string>());
  if (!store) fail(store.error());
  check(results::export_trials(*store, *format, [](std::string_view piece) {
    return std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size();
  }));
  return kFine;
}

}  // namespace punchlab::cli
