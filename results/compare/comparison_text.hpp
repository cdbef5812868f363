#pragma once
// A comparison for people: matrices on the terminal, and what differs in words.
#include <string>

#include "results/compare/comparison.hpp"
#include "results/terminal/matrix.hpp"

namespace punchlab::results {

/// "+1.5", "−17.5", "0" points of per cent.
std::string points(double rate_difference);
/// "+12.3 ms"; "+∞" and "−∞" where one side never gets there.
std::string signed_ms(double ns);

/// What differs in one cell, one line per number, each with both sides, size, interval, and probability; then the
/// reasons of the trials that ended differently. Empty when nothing differs.
std::string differences_text(const Contrasts& contrasts);

/// Both sides, the matrices of all policies and links, every cell that differs, and a line that sums up.
std::string comparison_text(const Comparison& comparison, const RunTrials& first, const RunTrials& second,
                            const MatrixOptions& options = {});

}  // namespace punchlab::results
