#pragma once
// Where trials of one world ended with two outcomes, at which packet did they part?
#include <filesystem>

#include "results/compare/comparison.hpp"

namespace punchlab::cli {

/// Cells whose packets are looked at; a trial of a simulated run is run again for each.
inline constexpr std::size_t kMostPartings = 20;

/// Sets CellComparison::parting in the first kMostPartings cells with such pairs: of one pair, how it ended in each run
/// and the first packet that differs. Real sockets need recordings of it; simulated trials are run again.
void find_partings(results::Comparison& comparison, const std::filesystem::path& first,
                   const std::filesystem::path& second);

}  // namespace punchlab::cli
