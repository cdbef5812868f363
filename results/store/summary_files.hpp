#pragma once
// summary.json and summary.csv. Two runs that found the same give the same bytes: no clock, no host, no number of jobs.
#include <filesystem>
#include <string>

#include "results/store/result.hpp"
#include "results/store/summary.hpp"

namespace punchlab::results {

/// DESIGN.md section 8, described field by field in docs/results.md; one line per cell, sealed (seal.hpp). Rates have 6 decimals, times
/// are milliseconds, exact to the nanosecond.
std::string to_json(const Summary& summary);

/// One row per cell, RFC 4180, with a header; what is infinite or unknown is an empty field.
std::string to_csv(const Summary& summary);

/// Writes both files into the run folder.
Status write_summary(const Summary& summary, const std::filesystem::path& folder);

}  // namespace punchlab::results
