#include "results/compare/contrasts.hpp"

#include <algorithm>
#include <cmath>
#include <map>

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

Share share_of(const Proportion& p) { return {p.count, p.trials, p.value(), wilson_interval(p.count, p.trials)}; }

RateContrast paired_rate(const Pairs& pairs, Outcome outcome) {
  PairedCounts counts;  // "first" of the statistics is what is subtracted from: our second
  for (const auto& [first, second] : pairs) {
    const bool was = first->outcome == outcome;
    const bool is = second->outcome == outcome;
    ++(was ? is ? counts.both : counts.second_only : is ? counts.first_only : counts.neither);
  }
  return {{newcombe_paired(counts), mcnemar_exact(counts), 1}, share_of(counts.second()), share_of(counts.first())};
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

Proportion proportion(const std::vector<const ComparedTrial*>& trials, Outcome outcome) {
  Proportion found{0, trials.size()};
  for (const auto* trial : trials) found.count += trial->outcome == outcome ? 1U : 0U;
  return found;
}

TwoSamples samples_of(const std::vector<Matched>& cells, Outcome outcome) {
  return {proportion(side(cells, &Matched::first), outcome), proportion(side(cells, &Matched::second), outcome)};
}

RateContrast unpaired_rate(const TwoSamples& samples) {
  const auto& [a, b] = samples;
  return {{newcombe(b, a), fisher_two_sided(a, b), 1}, share_of(a), share_of(b)};
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
  for (std::size_t i = 0; i < found.rates.size(); ++i)
    found.rates[i] = unpaired_rate(samples_of(cells, static_cast<Outcome>(i)));
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

/// Cells of one draw on both sides belong together; others stand alone.
std::vector<std::vector<Matched>> strata_of(const std::vector<Matched>& cells) {
  std::vector<std::vector<Matched>> strata;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> draws;
  for (const Matched& cell : cells) {
    const bool drawn = cell.first->draw && cell.second->draw;
    const auto place =
        drawn ? draws.try_emplace({*cell.first->draw, *cell.second->draw}, strata.size()).first->second : strata.size();
    if (place == strata.size()) strata.emplace_back();
    strata[place].push_back(cell);
  }
  return strata;
}

/// The mean over strata of what `pick` finds in each.
template <class Pick>
Stratum mean_of(const std::vector<RateContrast>& strata, Pick pick) {
  std::vector<Stratum> parts;
  for (const auto& rate : strata) {
    const auto [value, low, high] = pick(rate);
    parts.push_back({static_cast<double>(rate.first.trials + rate.second.trials), value, low, high});
  }
  return stratified_mean(parts);
}

Share mean_share(const std::vector<RateContrast>& strata, Share RateContrast::*which, const Share& counted) {
  const auto mean = mean_of(strata, [&](const RateContrast& rate) {
    const Share& share = rate.*which;
    return Difference{share.rate, share.interval.low, share.interval.high};
  });
  return {counted.count, counted.trials, mean.value, {std::max(0.0, mean.low), std::min(1.0, mean.high)}};
}

/// Of listed pairs nobody drew a mixture: the difference is that of the means over strata. What counts trials stays.
void stratify(Contrasts& found, const std::vector<std::vector<Matched>>& strata) {
  found.strata = strata.size();
  for (std::size_t i = 0; i < found.rates.size(); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    std::vector<RateContrast> parts;
    std::vector<TwoSamples> samples;
    for (const auto& cells : strata) {
      if (found.pairs == 0) samples.push_back(samples_of(cells, outcome));
      auto part = found.pairs > 0 ? paired_rate(pairs_of(cells), outcome) : unpaired_rate(samples.back());
      if (part.first.trials > 0) parts.push_back(part);
    }
    auto& rate = found.rates[i];
    const auto mean = mean_of(parts, [](const RateContrast& part) { return part.difference; });
    rate.difference = {mean.value, std::max(-1.0, mean.low), std::min(1.0, mean.high)};
    if (found.pairs == 0) rate.probability = mantel_haenszel(samples);
    rate.first = mean_share(parts, &RateContrast::first, rate.first);
    rate.second = mean_share(parts, &RateContrast::second, rate.second);
  }
}

}  // namespace

std::vector<std::uint64_t> ended_otherwise(const Matched& cell) {
  std::vector<std::uint64_t> trials;
  if (!cell.same_world) return trials;
  for (const auto& [first, second] : pairs_of({cell}))
    if (first->outcome != second->outcome) trials.push_back(first->trial);
  return trials;
}

namespace {

Contrasts of_trials(const std::vector<Matched>& cells, const RunTrials& first, const RunTrials& second,
                    Duration tolerance) {
  if (std::all_of(cells.begin(), cells.end(), [](const Matched& cell) { return cell.same_world; })) {
    const auto pairs = pairs_of(cells);
    if (!pairs.empty()) return of_pairs(pairs, first, second, tolerance);
  }
  return of_samples(cells, first, second, tolerance);
}

}  // namespace

Contrasts contrast(const std::vector<Matched>& cells, const RunTrials& first, const RunTrials& second,
                   Duration tolerance) {
  auto found = of_trials(cells, first, second, tolerance);
  if (const auto strata = strata_of(cells); strata.size() > 1) stratify(found, strata);
  return found;
}

}  // namespace punchlab::results
