#include "tools/cli/run_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

Syntax syntax() {
  Syntax s{
      .usage = "punchlab run SCENARIO [OPTIONS]",
      .about = "Runs every trial of a scenario file, prints the matrix and leaves a run folder with its report.",
      .example = "punchlab run scenarios/classic-nats.yaml --trials 50 --cell symmetric,full-cone",
      .options = po::options_description("options"),
      .positional = "scenario",
  };
  s.options.add_options()("scenario", po::value<std::string>(), "the scenario file (also without --scenario)")(
      "backend", po::value<std::string>()->default_value("ns3"), "ns3 or memory")(
      "trials", po::value<std::int64_t>(), "trials per cell instead of the scenario's")(
      "seed", po::value<std::uint64_t>(), "seed instead of the scenario's")(
      "policy", po::value<std::vector<std::string>>()->composing(), "policy instead of the scenario's; may be repeated")(
      "jobs", po::value<int>(), "worker processes (default: one per processor)")(
      "cell", po::value<std::string>(), "CLIENT,CONNECTOR: only these cells; 'any' matches all")(
      "trial", po::value<std::uint64_t>(), "only this trial of each cell, counted from 0")(
      "out", po::value<std::string>(), "run folder (default: results/runs/SCENARIO/TIME-SEED)")(
      "resume", po::bool_switch(), "go on with the run in --out where it stopped")(
      "pcap", po::bool_switch(), "captures of every interface of every trial, in the run folder (ns3 only)")(
      "no-report", po::bool_switch(), "leave out report.html and the plots");
  return s;
}

loader::Overrides overrides(const po::variables_map& values) {
  loader::Overrides overrides;
  if (values.count("trials")) {
    const auto trials = values["trials"].as<std::int64_t>();
    if (trials < 1) throw CommandError(kWrongUsage, fmt::format("--trials {}: at least 1 is needed", trials));
    overrides.trials = static_cast<std::uint64_t>(trials);
  }
  if (values.count("seed")) overrides.seed = values["seed"].as<std::uint64_t>();
  if (values.count("policy")) overrides.policies = values["policy"].as<std::vector<std::string>>();
  if (!values.count("cell")) return overrides;
  auto cell = loader::parse_cell(values["cell"].as<std::string>());
  if (const auto* problem = std::get_if<loader::Problem>(&cell)) throw CommandError(kWrongUsage, problem->to_string());
  overrides.cell = std::get<0>(cell);
  return overrides;
}

unsigned jobs(const po::variables_map& values) {
  if (!values.count("jobs")) return static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  const int jobs = values["jobs"].as<int>();
  if (jobs < 1 || jobs > 1024) throw CommandError(kWrongUsage, fmt::format("--jobs {}: 1 to 1024 are possible", jobs));
  return static_cast<unsigned>(jobs);
}

std::string quoted(const std::string& argument) {
  const bool plain = !argument.empty() && argument.find_first_of(" '\"\\$&|;<>()*?[]#~`!") == std::string::npos;
  return plain ? argument : "'" + argument + "'";
}

}  // namespace

std::optional<RunOptions> parse_run_options(const Arguments& arguments) {
  const auto values = parse(syntax(), arguments);
  if (!values) return std::nullopt;
  RunOptions options;
  options.scenario = (*values)["scenario"].as<std::string>();
  const auto name = (*values)["backend"].as<std::string>();
  const auto backend = runner::parse_backend(name);
  if (!backend) throw CommandError(kWrongUsage, fmt::format("--backend {}: ns3 and memory are possible", name));
  options.backend = *backend;
  options.overrides = overrides(*values);
  if (values->count("trial")) options.trial = (*values)["trial"].as<std::uint64_t>();
  options.jobs = jobs(*values);
  if (values->count("out")) options.out = (*values)["out"].as<std::string>();
  options.resume = (*values)["resume"].as<bool>();
  options.pcap = (*values)["pcap"].as<bool>();
  options.report = !(*values)["no-report"].as<bool>();
  if (options.resume && options.out.empty())
    throw CommandError(kWrongUsage, "--resume needs --out: the folder of the run to go on with");
  if (options.pcap && options.backend != runner::Backend::ns3)
    throw CommandError(kWrongUsage, "--pcap works with --backend ns3 only");
  options.command = "punchlab run";
  for (const auto& argument : arguments) options.command += " " + quoted(argument);
  return options;
}

}  // namespace punchlab::cli
