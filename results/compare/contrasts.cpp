#include "results/compare/contrasts.hpp"

#include <algorithm>
#include <cmath>

namespace punchlab::results {
namespace {

using Trials = std::vector<ComparedTrial>;
using Pairs = std::vector<std::pair<const ComparedTrial*, const ComparedTrial*>>;

Pairs pairs_of(const std::vector<Matched>& cells) {
  Pairs pairs;
  for (const Matched& cell : cells) {
    auto second = cell.second->trials.begin();
    for (const auto& first : cell.first->trials) {
      while (second != cell.second->trials.end() && second->trial < first.trial) ++second;
      if (second == cell.second->trials.end()) break;
      if (second->trial == first.trial) pairs.emplace_back(&first, &*second);
    }
  }
  return pairs;
}

std::optional<std::int64_t> median(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() + 1) / 2 - 1);
  std::nth_element(values.begin(), middle, values.end());
  return *middle == kNever ? std::nullopt : std::optional(*middle);
}

bool any_measured(const std::vector<std::int64_t>& values) {
  return std::any_of(values.begin(), values.end(), [](std::int64_t v) { return v != kNever; });
}

/// Both columns are not empty.
TimeContrast describe(const std::vector<std::int64_t>& first, const std::vector<std::int64_t>& second) {
  TimeContrast time;
  time.first_median = median(first);
  time.second_median = median(second);
  time.measured = any_measured(first) || any_measured(second);
  return time;
}

RateContrast paired_rate(const Pairs& pairs, Outcome outcome) {
  PairedCounts counts;  // "first" of the statistics is what is subtracted from: our second
  for (const auto& [first, second] : pairs) {
    const bool was = first->outcome == outcome;
    const bool is = second->outcome == outcome;
    ++(was ? is ? counts.both : counts.second_only : is ? counts.first_only : counts.neither);
  }
  return {{newcombe_paired(counts), mcnemar_exact(counts), 1}, counts.second(), counts.first()};
}

/// The probability that values so different are within `tolerance` of each other but for chance: `test` on values that
/// were moved towards each other by it. Never ones stay where they are.
template <class Test>
double beyond(const std::vector<std::int64_t>& first, std::vector<std::int64_t> second, double difference,
              Duration tolerance, Test test) {
  const auto margin = tolerance.count();
  if (std::abs(difference) <= static_cast<double>(margin)) return margin == 0 ? test(first, second) : 1;
  for (auto& value : second)
    if (value != kNever) value += difference > 0 ? -margin : margin;
  return test(first, second);
}

TimeContrast paired_time(const Pairs& pairs, std::size_t quantity, Duration tolerance) {
  std::vector<std::int64_t> a, b;
  for (const auto& [first, second] : pairs) {
    a.push_back(first->times[quantity]);
    b.push_back(second->times[quantity]);
  }
  auto time = describe(a, b);
  time.difference = paired_median(b, a);
  time.any = sign_test(b, a);
  time.probability = beyond(a, b, time.difference.value, tolerance, sign_test);
  return time;
}

Contrasts of_pairs(const Pairs& pairs, const RunTrials& first_run, const RunTrials& second_run, Duration tolerance) {
  Contrasts found;
  found.pairs = pairs.size();
  for (std::size_t i = 0; i < found.rates.size(); ++i) found.rates[i] = paired_rate(pairs, static_cast<Outcome>(i));
  for (std::size_t i = 0; i < found.times.size(); ++i) found.times[i] = paired_time(pairs, i, tolerance);
  for (const auto& [first, second] : pairs) {
    if (first->outcome == second->outcome) continue;
    if (first->reason != 0) ++found.reasons[first_run.reasons[first->reason]].first;
    if (second->reason != 0) ++found.reasons[second_run.reasons[second->reason]].second;
  }
  return found;
}

/// The trials of one side.
std::vector<const ComparedTrial*> side(const std::vector<Matched>& cells, const CellTrials* Matched::*which) {
  std::vector<const ComparedTrial*> trials;
  for (const Matched& cell : cells)
    for (const auto& trial : (cell.*which)->trials) trials.push_back(&trial);
  return trials;
}

Proportion share(const std::vector<const ComparedTrial*>& trials, Outcome outcome) {
  Proportion share{0, trials.size()};
  for (const auto* trial : trials) share.count += trial->outcome == outcome ? 1U : 0U;
  return share;
}

std::vector<std::int64_t> column(const std::vector<const ComparedTrial*>& trials, std::size_t quantity) {
  std::vector<std::int64_t> values;
  for (const auto* trial : trials) values.push_back(trial->times[quantity]);
  return values;
}

Sample sample_of(std::vector<std::int64_t> values) {
  const auto never = std::erase(values, kNever);
  return {std::move(values), never};
}

Contrasts of_samples(const std::vector<Matched>& cells, const RunTrials& first_run, const RunTrials& second_run,
                     Duration tolerance) {
  Contrasts found;
  const auto first = side(cells, &Matched::first);
  const auto second = side(cells, &Matched::second);
  for (std::size_t i = 0; i < found.rates.size(); ++i) {
    const auto a = share(first, static_cast<Outcome>(i));
    const auto b = share(second, static_cast<Outcome>(i));
    found.rates[i] = {{newcombe(b, a), fisher_two_sided(a, b), 1}, a, b};
  }
  for (std::size_t i = 0; i < found.times.size(); ++i) {
    const auto a = column(first, i);
    const auto b = column(second, i);
    auto& time = found.times[i] = describe(a, b);
    const auto test = [](const auto& x, const auto& y) { return median_test(sample_of(x), sample_of(y)); };
    time.difference = median_difference(sample_of(b), sample_of(a));
    time.any = test(a, b);
    time.probability = beyond(a, b, time.difference.value, tolerance, test);
  }
  for (const auto* trial : first)
    if (trial->reason != 0) ++found.reasons[first_run.reasons[trial->reason]].first;
  for (const auto* trial : second)
    if (trial->reason != 0) ++found.reasons[second_run.reasons[trial->reason]].second;
  return found;
}

}  // namespace

std::vector<std::uint64_t> ended_otherwise(const Matched& cell) {
  std::vector<std::uint64_t> trials;
  if (!cell.same_world) return trials;
  for (const auto& [first, second] : pairs_of({cell}))
    if (first->outcome != second->outcome) trials.push_back(first->trial);
  return trials;
}

Contrasts contrast(const std::vector<Matched>& cells, const RunTrials& first, const RunTrials& second,
                   Duration tolerance) {
  if (std::all_of(cells.begin(), cells.end(), [](const Matched& cell) { return cell.same_world; })) {
    const auto pairs = pairs_of(cells);
    if (!pairs.empty()) return of_pairs(pairs, first, second, tolerance);
  }
  return of_samples(cells, first, second, tolerance);
}

}  // namespace punchlab::results
