#pragma once
// One cell against its baseline: four questions, answered as far as the trials seen so far allow.
#include <string>
#include <vector>

#include "results/check/figures.hpp"
#include "results/statistics/sequential.hpp"

namespace punchlab::results {

enum class Measure : std::uint8_t { success, relay_share, first_byte, time_to_direct, added_latency };
/// "success", "relay share", ...
std::string_view name_of(Measure measure);

/// Times within this of the baseline's quantile are as good: 1 ms or 2 % of it, whichever is more.
std::int64_t slack(std::int64_t mark);

/// The answer to one question: has what is bad become more frequent?
struct Answer {
  Measure measure = Measure::success;
  unsigned percent = 0;     ///< of the quantile: 25, 50, 95; 0 for shares
  bool over_least = false;  ///< of the time to direct: what it has above the least, which no luck of latencies blurs
  /// Trials that are bad: failed; not direct; beyond the baseline's quantile and `slack`.
  Proportion baseline;
  Proportion now;
  std::optional<std::int64_t> was;  ///< the quantile itself, ns; nothing: infinite
  std::optional<std::int64_t> is;
  Decision decision = Decision::go_on;
  double margin = 0;             ///< the rise that must not be missed
  double open = 0;               ///< of an undecided question: the rise that cannot be ruled out
  std::optional<Growth> growth;  ///< and what would have decided it
  bool improved = false;         ///< the contrary is more than chance

  /// How much worse by now, with the 95 % interval: points of share.
  Difference rise() const { return newcombe(now, baseline); }
};

/// How many questions a cell raises: quantiles that the baseline has as infinite raise none.
std::size_t questions(const Figures& baseline);

/// Every question's answer at `look`. When trials that were direct have become relayed or failed, their times are not
/// held against the cell again.
std::vector<Answer> judge(const Figures& baseline, const Observed& now, unsigned look, const SequentialLimits& limits);

/// What must not be missed, by measure: 6 points of failed or relayed trials; 15, 25 and 10 points of trials beyond the
/// 25 %, 50 % and 95 % quantile.
double margin(Measure measure, unsigned percent);

/// Why, as far as records tell: reasons that became more frequent, or what changed about the way to direct. One line
/// without a full stop; may be empty.
std::string cause(const Answer& answer, const Figures& baseline, const Figures& now);

}  // namespace punchlab::results
