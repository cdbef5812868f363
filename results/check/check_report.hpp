#pragma once
// The outcome of a check for people and for CI: terminal, Markdown and JUnit say the same.
#include <string>
#include <vector>

#include "results/check/check.hpp"
#include "results/store/expectations.hpp"

namespace punchlab::results {

struct CheckReport {
  std::string scenario;  ///< its name
  std::string path;      ///< its file
  std::string backend;
  std::uint64_t seed = 1;
  std::string baseline;               ///< its file
  std::string command;                ///< that makes the check again
  std::string start;                  ///< ISO 8601, UTC
  double seconds = 0;                 ///< wall time; nothing depends on it
  std::uint64_t trials = 0;           ///< that were run
  std::uint64_t most = 0;             ///< --trials: that each cell might have had
  std::uint64_t baseline_trials = 0;  ///< the same of the baseline
  std::vector<CellVerdict> cells;
  std::vector<ExpectationResult> missed;  ///< expectations of the scenario that do not hold
  std::vector<std::string> only_baseline;
  std::vector<std::string> only_plan;

  std::size_t regressions() const;
  std::size_t undecided() const;
  bool passed() const { return regressions() == 0 && missed.empty(); }
};

/// What became worse in a cell: of each measure the first answer that says so.
std::vector<const Answer*> regressions_of(const CellVerdict& cell);
/// What became worse comes first: "relay share: relayed 0 % of 200 → 38.0 % of 50, direct ...", "time to direct over
/// the least possible: median 5.0 ms → 20.0 ms (+15.0 ms); ...; the whole time to direct, ...: median 232.8 ms → 227.5
/// ms".
std::string size_text(const Answer& answer, const CellVerdict& cell);
/// Of an undecided cell, for each measure, what is not ruled out and how many trials would tell: "a,b (ice): relay
/// share: 8.1 points more are not ruled out, 6.0 matter; --trials 1600 would tell". Empty for the others.
std::vector<std::string> doubts_of(const CheckReport& report, const CellVerdict& cell);
/// The command that runs the trial that shows a cell's regression; empty for cells together.
std::string again_text(const CheckReport& report, const CellVerdict& cell);
/// One line that sums up: "classic-nats: no regression in 16 cells (1,600 trials)".
std::string summary_line(const CheckReport& report);

std::string check_text(const CheckReport& report);
/// GitHub-flavoured Markdown: regressions first, all cells folded away below.
std::string to_markdown(const CheckReport& report);
/// JUnit XML, valid under tools/cli/junit.xsd, what Apache Ant and Jenkins both take: a suite per policy and link, a
/// case per cell.
std::string to_junit(const CheckReport& report);

}  // namespace punchlab::results
