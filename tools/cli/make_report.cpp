#include "tools/cli/make_report.hpp"

#include <fmt/format.h>

#include "tools/cli/interrupt.hpp"
#include "tools/cli/python.hpp"
#include "tools/cli/run_options.hpp"
#include "tools/cli/what_if_report.hpp"

namespace punchlab::cli {

Report make_report(const std::filesystem::path& run, bool what_if) {
  if (what_if) {
    const auto problem = prepare_what_if(run);
    if (!problem.empty() && !interrupted) fmt::print(stderr, "punchlab: the report has no what-if: {}\n", problem);
  }
  const int status = run_python("results/report/report.py", {run.string()});
  if (status == 0) return {kFine, run / "report.html", {}};
  const auto again = fmt::format("punchlab report {}", quoted(run.string()));
  if (interrupted) return {kInterrupted, {}, "interrupted; the run is complete, its report is not made: " + again};
  if (status == kWrongUsage) return {kWrongUsage, {}, fmt::format("no report of {}", run.string())};
  return {kMachineLacks, {}, fmt::format("the report was not made (needs {}); then: {}", kPythonPackages, again)};
}

Report make_report(const std::vector<std::string>& runs, const std::filesystem::path& page) {
  auto arguments = runs;
  arguments.insert(arguments.end(), {"--out", page.string()});
  const int status = run_python("results/report/report.py", arguments);
  if (status == 0) return {kFine, page, {}};
  if (interrupted) return {kInterrupted, {}, "interrupted; the report is not made"};
  if (status == kWrongUsage) return {kWrongUsage, {}, "no report of these runs"};
  return {kMachineLacks, {}, fmt::format("the report was not made (needs {})", kPythonPackages)};
}

}  // namespace punchlab::cli
