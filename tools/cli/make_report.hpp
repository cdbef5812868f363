#pragma once
#include <filesystem>
#include <string>

namespace punchlab::cli {

/// Runs the Python report over a run folder. What to tell the user: where report.html is, or why there is none and what
/// to do about it. `ok`, when given, says which.
std::string make_report(const std::filesystem::path& run, bool* ok = nullptr);

}  // namespace punchlab::cli
