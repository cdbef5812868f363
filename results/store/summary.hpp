#pragma once
// What a run found, cell by cell: counts, intervals and quantiles. Depends on the set of records only, never on their
// order.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/record/record.hpp"
#include "results/statistics/interval.hpp"
#include "results/statistics/sample.hpp"
#include "results/store/lateness.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::results {

/// A share of the trials. Its interval is Wilson's, or the stratified one over several strata.
struct Rate {
  std::uint64_t count = 0;
  std::uint64_t trials = 0;
  std::vector<Proportion> strata{};  ///< of trials that were pooled
  double value() const { return trials == 0 ? 0 : static_cast<double>(count) / static_cast<double>(trials); }
  Interval interval(double confidence = 0.95) const {
    return strata.size() > 1 ? stratified_interval(strata, confidence) : wilson_interval(count, trials, confidence);
  }
};

/// The measurements of a set of trials. Times are in nanoseconds.
struct Tally {
  std::uint64_t trials = 0;
  std::array<std::uint64_t, 3> outcomes{};  ///< by Outcome
  Sample time_to_first_byte;
  Sample time_to_direct;
  Sample least_time_to_direct;  ///< of the trials for which the world could derive one
  Sample rtt_direct;
  Sample rtt_relayed;
  Sample added_latency;
  Sample late_p50;  ///< of trials in real time
  Sample late_p99;
  Sample packets_to_direct;  ///< of trials that became direct, like `bytes_to_direct`
  Sample bytes_to_direct;
  Sample packets_to_others;
  std::uint64_t probes_sent = 0;
  std::uint64_t probes_answered = 0;
  std::uint64_t probes_lost_by_network = 0;
  std::map<std::string, std::uint64_t> reasons;       ///< of trials that did not end direct
  std::map<std::string, std::uint64_t> slow_reasons;  ///< of direct trials that took too long

  using Outcomes = std::array<std::uint64_t, 3>;
  std::vector<Outcomes> strata;  ///< of trials that were pooled, in the order of the parts; else empty

  Rate rate(Outcome outcome) const;
  /// Each trial is one of a population: pooled rates and times are those of that population. Not so over several
  /// strata, which are those that a scenario lists: there the rate is the mean over them, and times mix what was never
  /// mixed.
  bool one_population() const { return strata.size() <= 1; }

  /// The trials of one cell. Cells of one stratum share the draw from a population.
  struct Part {
    const Tally* tally = nullptr;
    std::string stratum;
  };
  /// All trials of `parts` together.
  static Tally pool(const std::vector<Part>& parts);
};

struct CellSummary {
  std::uint32_t index = 0;
  std::string client;
  std::string connector;
  std::string policy;
  std::string link;     ///< see link_label
  std::string stratum;  ///< of what a population was drawn for; a cell of its own when nothing was drawn
  std::optional<Prediction> oracle;
  Tally tally;
};

/// All cells of one policy over one link variant together.
struct PooledSummary {
  std::string policy;
  std::string link;
  Tally tally;
};

struct Summary {
  std::string scenario;
  std::string backend;
  std::uint64_t seed = 0;
  std::uint64_t trials = 0;
  std::string warning;                ///< Lateness::warning
  std::vector<CellSummary> cells;     ///< in the plan's order; only those with a trial
  std::vector<PooledSummary> pooled;  ///< in the order in which policies and links first appear

  /// By Cell::index; null when it has no trials.
  const CellSummary* find(std::uint32_t index) const;
};

/// Collects records. Takes about 80 bytes per trial.
class Summarizer {
 public:
  /// `predictions`: of the oracle by Cell::index; a cell that is not in it has none.
  Summarizer(const trial::Plan& plan, std::string backend, std::map<std::uint32_t, Prediction> predictions = {});
  /// False when the plan has no such cell; the record is then ignored.
  bool add(const TrialRecord& record);
  /// Sorts. Ends the collecting.
  Summary finish();

 private:
  struct Column {
    std::vector<std::int64_t> values;
    std::uint64_t never = 0;
    void add(std::optional<std::int64_t> value);
    Sample finish() { return {std::move(values), never}; }
  };
  struct Collected {
    Tally tally;  ///< counts only, until `finish`
    Column time_to_first_byte, time_to_direct, least_time_to_direct, rtt_direct, rtt_relayed, added_latency, late_p50,
        late_p99, packets_to_direct, bytes_to_direct, packets_to_others;
    void add(const TrialRecord& record);
    Tally finish();
  };

  Summary summary_;  ///< with the cells' names and no tallies, until `finish`
  Lateness lateness_;
  std::vector<Collected> collected_;                ///< beside summary_.cells
  std::map<std::uint32_t, std::size_t> positions_;  ///< of Cell::index in them
};

}  // namespace punchlab::results
