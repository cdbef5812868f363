#pragma once
// What `punchlab run` was asked for.
#include <filesystem>
#include <optional>

#include "scenarios/loader/loader.hpp"
#include "tools/cli/command.hpp"
#include "tools/runner/pool.hpp"

namespace punchlab::cli {

struct RunOptions {
  std::filesystem::path scenario;
  runner::Backend backend = runner::Backend::ns3;
  loader::Overrides overrides;
  std::optional<std::uint64_t> trial;  ///< only this one of each cell
  unsigned jobs = 1;
  bool default_jobs = false;  ///< --jobs was not given
  std::filesystem::path out;  ///< the run folder; empty: under results/runs
  bool resume = false;
  bool pcap = false;
  bool report = true;
  bool what_if = true;  ///< in the report
  runner::Recordings recordings = runner::Recordings::none;
  std::string command;  ///< that makes the run again
};

/// As a shell takes it: in quotes when it needs them.
std::string quoted(const std::string& argument);

/// The whole number given for an option, when it is given. Throws CommandError outside [low, high].
std::optional<std::uint64_t> number(const boost::program_options::variables_map& values, const char* option,
                                    std::uint64_t low, std::uint64_t high);
/// --jobs, else as many as suit the backend.
unsigned jobs(const boost::program_options::variables_map& values, runner::Backend backend);

/// What was typed, to be typed again: "punchlab run scenario.yaml --seed 2".
std::string command_line(const std::string& command, const Arguments& arguments);

/// Nothing when `--help` was printed. Throws CommandError for wrong usage.
std::optional<RunOptions> parse_run_options(const Arguments& arguments);

}  // namespace punchlab::cli
