// punchlab compare: two runs, or the policies of one, cell by cell.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

#include "results/compare/comparison_json.hpp"
#include "results/compare/comparison_text.hpp"
#include "results/store/files.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/partings.hpp"
#include "tools/cli/python.hpp"
#include "tools/cli/recorded_run.hpp"
#include "tools/cli/run_folder.hpp"
#include "tools/cli/run_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

results::RunTrials read(const std::string& folder) {
  auto run = results::read_run(folder);
  if (!run) fail(run.error());
  if (const auto plan = planned_again(folder)) results::know_draws(*run, *plan);
  return std::move(*run);
}

/// comparison.json and its pictures; an existing folder is taken, since all names in it are ours.
void write_pictures(const std::string& folder, const std::string& json) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) fail(results::io_error("cannot make the folder", folder, code.value()));
  check(results::replace_file(std::filesystem::path(folder) / "comparison.json", json));
  if (run_python("results/report/difference.py", {folder}) == 0) return;
  if (interrupted) throw CommandError(kInterrupted, "interrupted before all pictures were drawn");
  throw CommandError(kMachineLacks, fmt::format("the pictures were not drawn (needs {})", kPythonPackages));
}

/// Between worlds of which one is real, times are later by what stacks and a busy machine take.
constexpr const char* kRealTolerance = "3";

bool is_real(const results::RunTrials& run) {
  const auto backend = runner::parse_backend(run.manifest.backend);
  return backend && runner::is_real(*backend);
}

Duration tolerance(const po::variables_map& values, const results::RunTrials& first, const results::RunTrials& second) {
  const bool real = is_real(first) || is_real(second);
  const auto text = values.count("tolerance") ? values["tolerance"].as<std::string>() : real ? kRealTolerance : "0";
  double ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end != text.data() + text.size() || !(ms >= 0 && ms <= 1e6))
    throw CommandError(kWrongUsage,
                       fmt::format("--tolerance {}: not a number of milliseconds from 0 to 1000000", text));
  return Duration{static_cast<std::int64_t>(ms * 1e6)};
}

void print_and_write(const results::Comparison& comparison, const results::RunTrials& first,
                     const results::RunTrials& second, const std::string& command, const std::string& out) {
  fmt::print("{}",
             results::comparison_text(comparison, first, second, {.width = 110, .colour = isatty(STDOUT_FILENO) == 1}));
  if (out.empty()) return;
  write_pictures(out, results::to_json(comparison, first, second, command));
  fmt::print("pictures: {}\n", out);
}

Syntax syntax() {
  Syntax s{
      .usage = "punchlab compare RUN RUN | punchlab compare RUN",
      .about =
          "Compares two run folders cell by cell, or the policies of one run: pairs of trials where both saw the "
          "same worlds, else independent samples. What differs by more than chance allows is marked and explained.",
      .example = "punchlab compare results/runs/before results/runs/after --out comparison",
      .options = po::options_description("options"),
      .positional = "run",
      .positional_count = 2,
  };
  s.options.add_options()("run", po::value<std::vector<std::string>>()->composing(),
                          "a run folder (also without --run)")(
      "out", po::value<std::string>()->default_value(""),
      "folder for comparison.json and the pictures of the difference (SVG, PNG, PDF)")(
      "tolerance", po::value<std::string>(),
      "milliseconds that times may differ by (default: 3 where a run is over real sockets, else 0)");
  return s;
}

}  // namespace

int compare_command(const Arguments& arguments) {
  const auto values = parse(syntax(), arguments);
  if (!values) return kFine;
  listen_for_interrupts();
  const auto folders = (*values)["run"].as<std::vector<std::string>>();
  if (folders.size() > 2) throw CommandError(kWrongUsage, "compare takes one or two run folders");
  const auto out = (*values)["out"].as<std::string>();
  const auto command = command_line("compare", arguments);
  const auto first = read(folders.front());
  if (folders.size() == 1) {
    const auto comparison = results::compare_policies(first);
    if (comparison.policies.empty())
      throw CommandError(kWrongUsage, fmt::format("{} has one policy only: name a second run", folders.front()));
    print_and_write(comparison, first, first, command, out);
    return kFine;
  }
  const auto second = read(folders.back());
  auto comparison = results::compare(first, second, tolerance(*values, first, second));
  if (comparison.policies.empty())
    throw CommandError(kWrongUsage,
                       fmt::format("{} and {} have no cell in common ({}; {})", folders.front(), folders.back(),
                                   comparison.only_first.front(), comparison.only_second.front()));
  if (is_real(first) || is_real(second)) find_partings(comparison, folders.front(), folders.back());
  print_and_write(comparison, first, second, command, out);
  return kFine;
}

}  // namespace punchlab::cli
