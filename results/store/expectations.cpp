#include "results/store/expectations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "results/statistics/median_difference.hpp"

namespace punchlab::results {
namespace {

using Quantity = trial::Expectation::Quantity;

/// "12.3 %" of the file and 123/1000 may differ in the last bit.
constexpr double kTolerance = 1e-12;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// Rates are 0-1, quantiles milliseconds; what is infinite is so here too.
struct Measured {
  double low = 0;  ///< the value itself, or the end of its interval when chance is to be allowed for
  double high = 0;
  std::string text;
};

Measured rate(const Tally& tally, Outcome outcome, const char* name, double confidence) {
  const Rate r = tally.rate(outcome);
  const Interval i = r.interval();
  const Interval value = confidence == 0 ? Interval{r.value(), r.value()} : r.interval(confidence);
  return {value.low, value.high,
          fmt::format("{:.2f} % {} ({} of {}, 95 % interval {:.2f}-{:.2f} %)", 100 * r.value(), name, r.count, r.trials,
                      100 * i.low, 100 * i.high)};
}

Measured quantile(const Sample& sample, unsigned percent, const char* name, double confidence) {
  const auto ns = sample.quantile(percent);
  const double ms = ns ? static_cast<double>(*ns) / 1e6 : kInfinite;
  Bounded bounds{ms, ms, ms};
  if (confidence > 0) {
    const auto in_ns = quantile_with_interval(sample, percent, confidence);
    bounds = {ms, in_ns.low / 1e6, in_ns.high / 1e6};
  }
  if (ns) return {bounds.low, bounds.high, fmt::format("{} p{} {:.3f} ms", name, percent, ms)};
  return {bounds.low, bounds.high,
          fmt::format("{} p{} infinite ({} of {} trials have one)", name, percent, sample.measured(), sample.trials())};
}

Measured measure(Quantity quantity, const Tally& tally, double confidence) {
  switch (quantity) {
    case Quantity::direct:
      return rate(tally, Outcome::direct, "direct", confidence);
    case Quantity::relayed:
      return rate(tally, Outcome::relayed, "relayed", confidence);
    case Quantity::failed:
      return rate(tally, Outcome::failed, "failed", confidence);
    case Quantity::time_to_direct_p50:
      return quantile(tally.time_to_direct, 50, "time to direct", confidence);
    case Quantity::time_to_direct_p95:
      return quantile(tally.time_to_direct, 95, "time to direct", confidence);
    case Quantity::added_latency_p50:
      return quantile(tally.added_latency, 50, "added latency", confidence);
  }
  return {};
}

/// How far outside the bounds; not positive inside.
double excess(const trial::Expectation& e, const Measured& m) {
  const double above = std::isinf(m.low) && std::isinf(e.high) ? 0 : m.low - e.high;
  const double below = std::isinf(m.high) ? -kInfinite : e.low - m.high;
  return std::max(below, above);
}

std::string name_of_cell(const CellSummary& cell) {
  return fmt::format("{} to {}, {}{}{}", cell.client, cell.connector, cell.policy, cell.link.empty() ? "" : ", ",
                     cell.link);
}

}  // namespace

ExpectationResult evaluate(const trial::Expectation& e, const Summary& summary, double confidence) {
  ExpectationResult result{.verdict = Verdict::not_measured, .text = e.text, .measured = "", .line = e.line};
  double worst = -kInfinite;
  const auto check = [&](const std::string& where, const Tally& tally) {
    const Measured measured = measure(e.quantity, tally, confidence);
    const double outside = excess(e, measured);
    ++result.checked;
    if (outside > kTolerance) ++result.missed;
    if (outside > worst || result.checked == 1) {
      worst = outside;
      result.measured = where + ": " + measured.text;
    }
  };
  std::vector<Tally::Part> tallies;
  for (const std::uint32_t index : e.cells) {
    const CellSummary* cell = summary.find(index);
    if (cell == nullptr) continue;
    tallies.push_back({&cell->tally, cell->stratum});
    if (!e.pooled) check(name_of_cell(*cell), cell->tally);
  }
  result.pooled = e.pooled && !tallies.empty();
  if (result.pooled) check(fmt::format("{} cells together", tallies.size()), Tally::pool(tallies));
  if (result.checked > 0) result.verdict = result.missed == 0 ? Verdict::met : Verdict::missed;
  return result;
}

std::vector<ExpectationResult> evaluate(const trial::Plan& plan, const Summary& summary, double confidence) {
  std::vector<ExpectationResult> results;
  for (const trial::Expectation& expectation : plan.expectations)
    results.push_back(evaluate(expectation, summary, confidence));
  return results;
}

}  // namespace punchlab::results
