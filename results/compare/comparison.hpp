#pragma once
// Two runs, or two policies of one run, cell by cell: what differs, by how much, and whether chance explains it.
// docs/statistics.md names the methods.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/compare/run_trials.hpp"
#include "results/statistics/rate_difference.hpp"

namespace punchlab::results {

/// What is called a difference has a probability below this, adjusted over the cells.
inline constexpr double kSignificance = 0.05;

/// One number of both sides: second minus first.
struct Contrast {
  Difference difference;
  double probability = 1;  ///< that chance alone makes so much
  double adjusted = 1;     ///< the same by Holm over all cells
  bool differs() const { return adjusted < kSignificance; }
};

/// How often something was so on one side.
struct Share {
  std::uint64_t count = 0;
  std::uint64_t trials = 0;
  double rate = 0;  ///< of the count; over several strata the mean of theirs, weighted alike on both sides
  Interval interval;
};

struct RateContrast : Contrast {
  Share first;
  Share second;
};

/// Differences and their bounds are nanoseconds; infinite ones are possible. `probability` is that of a difference
/// beyond the comparison's tolerance, so that smaller ones never differ.
struct TimeContrast : Contrast {
  double any = 1;                            ///< the probability of a difference of any size by chance
  double any_adjusted = 1;                   ///< the same by Holm over all cells
  std::optional<std::int64_t> first_median;  ///< nothing: infinite
  std::optional<std::int64_t> second_median;
  bool measured = false;  ///< at least one trial of either side has a value

  /// There is a difference, and it is not more than the tolerance allows.
  bool is_tolerated() const { return !differs() && any_adjusted < kSignificance; }
};

/// How often a reason was given.
struct ReasonCounts {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// What one cell, or all cells together, have on both sides.
struct Contrasts {
  std::uint64_t pairs = 0;            ///< trials of one world; 0: the samples are independent
  std::size_t strata = 1;             ///< of the pooled rates; 1: one cell, or draws from one population
  std::array<RateContrast, 3> rates;  ///< by Outcome
  std::array<TimeContrast, kQuantities.size()> times;
  /// Of pairs that ended differently; of all trials when there are no pairs. Direct trials that have none do not count.
  std::map<std::string, ReasonCounts> reasons;

  const RateContrast& rate(Outcome outcome) const { return rates[static_cast<std::size_t>(outcome)]; }
  const TimeContrast& time(Quantity quantity) const { return times[static_cast<std::size_t>(quantity)]; }
  bool any_differs() const;
};

struct CellComparison {
  std::string client;
  std::string connector;
  std::string link;
  Contrasts contrasts;
  std::uint32_t first_cell = 0;  ///< StoredCell::cell of either run
  std::uint32_t second_cell = 0;
  std::vector<std::uint64_t> ended_otherwise;  ///< pairs with two outcomes, by trial
  std::string parting;  ///< how such a pair parts, in lines; empty unless somebody looked at its packets
};

/// One policy against one policy.
struct PolicyComparison {
  std::string first;  ///< names of the policies
  std::string second;
  std::vector<CellComparison> cells;
  std::map<std::string, Contrasts> pooled;  ///< by link: all its cells together
};

struct Comparison {
  std::vector<PolicyComparison> policies;
  std::vector<std::string> only_first;  ///< cells without a partner, "symmetric,full-cone (ice)"
  std::vector<std::string> only_second;
  Duration tolerance{0};  ///< of times
};

/// Compares cells of equal names. Runs with one policy each are compared whatever these are called; others by name.
/// Trials are pairs when both runs have one seed and the cells draw the same worlds.
/// Times differ when they do so by more than `tolerance` and more than chance allows.
Comparison compare(const RunTrials& first, const RunTrials& second, Duration tolerance = Duration{0});
/// Each policy of one run against its first.
Comparison compare_policies(const RunTrials& run);

}  // namespace punchlab::results
