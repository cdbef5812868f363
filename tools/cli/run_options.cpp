#include "tools/cli/run_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMaxJobs = 1000;

Syntax syntax() {
  Syntax s{
      .usage = "punchlab run SCENARIO [OPTIONS]",
      .about = "Runs every trial of a scenario file, prints the matrix and leaves a run folder with its report.",
      .example = "punchlab run scenarios/classic-nats.yaml --trials 50 --cell symmetric,full-cone",
      .options = po::options_description("options"),
      .positional = "scenario",
  };
  s.options.add_options()("scenario", po::value<std::string>(), "the scenario file (also without --scenario)")(
      "backend", po::value<std::string>()->default_value("ns3"), "ns3, memory, sockets or sockets-kernel")(
      "trials", po::value<std::string>(), "trials per cell instead of the scenario's")(
      "seed", po::value<std::string>(), "seed instead of the scenario's")(
      "policy", po::value<std::vector<std::string>>()->composing(),
      "policy instead of the scenario's; may be repeated")(
      "jobs", po::value<std::string>(), "worker processes (default: one per processor; for sockets many)")(
      "cell", po::value<std::string>(), "CLIENT,CONNECTOR: only these cells; 'any' matches all")(
      "trial", po::value<std::string>(), "only this trial of each cell, counted from 0")(
      "out", po::value<std::string>(), "run folder (default: results/runs/SCENARIO/TIME-SEED)")(
      "resume", po::bool_switch(), "go on with the run in --out where it stopped")(
      "pcap", po::bool_switch(), "captures of every interface of every trial, in the run folder (not memory)")(
      "recordings", po::value<std::string>(),
      "which trials over real sockets keep their packets for `punchlab explain`: some (default: those not direct or "
      "slow, "
      "and the first of each cell), all, none")("no-report", po::bool_switch(), "leave out report.html and the plots")(
      "no-what-if", po::bool_switch(), "leave out of the report what changes would make trials direct");
  return s;
}

loader::Overrides overrides(const po::variables_map& values) {
  loader::Overrides overrides;
  overrides.trials = number(values, "trials", 1, loader::kMaxTrials);
  overrides.seed = number(values, "seed", 0, kAny);
  if (values.count("policy")) overrides.policies = values["policy"].as<std::vector<std::string>>();
  if (!values.count("cell")) return overrides;
  auto cell = loader::parse_cell(values["cell"].as<std::string>());
  if (const auto* problem = std::get_if<loader::Problem>(&cell)) throw CommandError(kWrongUsage, problem->to_string());
  overrides.cell = std::get<0>(cell);
  return overrides;
}

/// Trials of simulated worlds can be run again instead.
runner::Recordings recordings(const po::variables_map& values, runner::Backend backend) {
  using runner::Recordings;
  const bool real = runner::is_real(backend);
  if (!values.count("recordings")) return real ? Recordings::some : Recordings::none;
  const auto text = values["recordings"].as<std::string>();
  if (text != "some" && text != "all" && text != "none")
    throw CommandError(kWrongUsage, fmt::format("--recordings {}: some, all and none are possible", text));
  if (!real && text != "none")
    throw CommandError(kWrongUsage,
                       fmt::format("--recordings {} is for real sockets: `punchlab explain` runs trials of "
                                   "--backend {} again",
                                   text, runner::name_of(backend)));
  return text == "some" ? Recordings::some : text == "all" ? Recordings::all : Recordings::none;
}

}  // namespace

// Boost would take -1 for 2^64 - 1.
std::optional<std::uint64_t> number(const po::variables_map& values, const char* option, std::uint64_t low,
                                    std::uint64_t high) {
  if (!values.count(option)) return std::nullopt;
  const auto& text = values[option].as<std::string>();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
    throw CommandError(kWrongUsage, fmt::format("--{} {}: not a whole number from {} to {}", option, text, low, high));
  return value;
}

unsigned jobs(const po::variables_map& values, runner::Backend backend) {
  return static_cast<unsigned>(number(values, "jobs", 1, kMaxJobs).value_or(runner::default_jobs(backend)));
}

std::string quoted(const std::string& argument) {
  const bool plain = !argument.empty() && argument.find_first_of(" \t\n'\"\\$&|;<>()*?[]#~`!{}") == std::string::npos;
  if (plain) return argument;
  std::string text = "'";
  for (const char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string command_line(const std::string& command, const Arguments& arguments) {
  std::string text = "punchlab " + command;
  for (const auto& argument : arguments) text += " " + quoted(argument);
  return text;
}

std::optional<RunOptions> parse_run_options(const Arguments& arguments) {
  const auto values = parse(syntax(), arguments);
  if (!values) return std::nullopt;
  RunOptions options;
  options.scenario = (*values)["scenario"].as<std::string>();
  const auto name = (*values)["backend"].as<std::string>();
  const auto backend = runner::parse_backend(name);
  if (!backend)
    throw CommandError(kWrongUsage,
                       fmt::format("--backend {}: ns3, memory, sockets and sockets-kernel are possible", name));
  options.backend = *backend;
  options.overrides = overrides(*values);
  options.trial = number(*values, "trial", 0, kAny);
  options.jobs = jobs(*values, options.backend);
  options.default_jobs = values->count("jobs") == 0;
  if (values->count("out")) {
    options.out = (*values)["out"].as<std::string>();
    if (options.out.empty()) throw CommandError(kWrongUsage, "--out: the name of a folder is missing");
  }
  options.resume = (*values)["resume"].as<bool>();
  options.pcap = (*values)["pcap"].as<bool>();
  options.report = !(*values)["no-report"].as<bool>();
  options.what_if = !(*values)["no-what-if"].as<bool>();
  options.recordings = recordings(*values, options.backend);
  if (options.resume && options.out.empty())
    throw CommandError(kWrongUsage, "--resume needs --out: the folder of the run to go on with");
  if (options.pcap && options.backend == runner::Backend::memory)
    throw CommandError(kWrongUsage, "--backend memory writes no captures: --pcap needs another");
  options.command = command_line("run", arguments);
  return options;
}

}  // namespace punchlab::cli
