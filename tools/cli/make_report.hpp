#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "tools/cli/command.hpp"

namespace punchlab::cli {

/// What became of a report: where it lies, or why there is none and what to do about it.
struct Report {
  ExitStatus status = kFine;
  std::filesystem::path path;
  std::string error;  ///< one line, when `status` is not kFine; the report's own message stands above it on stderr
};

/// Runs the Python report over a run folder; `what_if`: after finding out what changes would gain, where that is
/// possible. An interrupt ends it.
Report make_report(const std::filesystem::path& run, bool what_if);

/// One page with several runs side by side.
Report make_report(const std::vector<std::string>& runs, const std::filesystem::path& page);

}  // namespace punchlab::cli
