#include "results/statistics/median_difference.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

namespace punchlab::results {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr unsigned kMedian = 50;

/// The value of rank 1 to n; what lies beyond either end is infinite.
double at_rank(const Sample& sample, std::uint64_t rank) {
  if (rank == 0) return -kInfinity;
  if (rank > sample.measured()) return kInfinity;
  return static_cast<double>(sample.values()[rank - 1]);
}

double distance(double a, double b) { return a == b ? 0 : std::abs(a - b); }

double difference_of(std::int64_t first, std::int64_t second) {
  if (first == second) return 0;
  if (first == kNever) return kInfinity;
  if (second == kNever) return -kInfinity;
  return static_cast<double>(first - second);
}

std::uint64_t at_most(const Sample& sample, double value) {
  const auto values = sample.values();
  return static_cast<std::uint64_t>(
      std::upper_bound(values.begin(), values.end(), value,
                       [](double v, std::int64_t element) { return v < static_cast<double>(element); }) -
      values.begin());
}

}  // namespace

Ranks quantile_ranks(std::uint64_t trials, unsigned percent, double confidence) {
  assert(trials > 0 && percent >= 1 && percent <= 99);
  // P(value of rank low <= quantile < value of rank high) = F(high - 1) - F(low - 1), F binomial over the trials below.
  const boost::math::binomial below(static_cast<double>(trials), percent / 100.0);
  const auto cumulative = [&](std::uint64_t k) { return boost::math::cdf(below, static_cast<double>(k)); };
  const auto density = [&](std::uint64_t k) { return boost::math::pdf(below, static_cast<double>(k)); };
  Ranks ranks{(percent * trials + 99) / 100, (percent * trials + 99) / 100 + 1};
  double covered = density(ranks.low);
  // Growing on the likelier side gives the fewest ranks.
  while (covered < confidence && (ranks.low > 0 || ranks.high <= trials)) {
    const double down = ranks.low > 0 ? density(ranks.low - 1) : -1;
    const double up = ranks.high <= trials ? density(ranks.high) : -1;
    if (down >= up) {
      --ranks.low;
    } else {
      ++ranks.high;
    }
    covered = cumulative(ranks.high - 1) - (ranks.low == 0 ? 0 : cumulative(ranks.low - 1));
  }
  return ranks;
}

Bounded quantile_with_interval(const Sample& sample, unsigned percent, double confidence) {
  if (sample.trials() == 0) return {kInfinity, -kInfinity, kInfinity};
  const Ranks ranks = quantile_ranks(sample.trials(), percent, confidence);
  return {at_rank(sample, (percent * sample.trials() + 99) / 100), at_rank(sample, ranks.low),
          at_rank(sample, ranks.high)};
}

Difference median_difference(const Sample& first, const Sample& second, double confidence) {
  if (first.trials() == 0 || second.trials() == 0) return {0, -kInfinity, kInfinity};
  const Bounded a = quantile_with_interval(first, kMedian, confidence);
  const Bounded b = quantile_with_interval(second, kMedian, confidence);
  if (a.value == b.value && std::isinf(a.value)) return {0, -kInfinity, kInfinity};
  const double value = a.value - b.value;
  // With one median infinite there is no distance to add; the ends themselves bound the difference.
  const auto bound = [](double to, double from) { return to == from ? 0 : to - from; };
  if (std::isinf(value)) return {value, bound(a.low, b.high), bound(a.high, b.low)};
  return {value, value - std::hypot(distance(a.value, a.low), distance(b.high, b.value)),
          value + std::hypot(distance(a.high, a.value), distance(b.value, b.low))};
}

double median_test(const Sample& first, const Sample& second) {
  const std::array both{&first, &second};
  const auto median = Sample::pool(both).median();
  const double split = median ? static_cast<double>(*median) : std::numeric_limits<double>::max();
  return fisher_two_sided({at_most(first, split), first.trials()}, {at_most(second, split), second.trials()});
}

Difference paired_median(std::span<const std::int64_t> first, std::span<const std::int64_t> second, double confidence) {
  assert(first.size() == second.size());
  if (first.empty()) return {0, -kInfinity, kInfinity};
  std::vector<double> differences(first.size());
  std::transform(first.begin(), first.end(), second.begin(), differences.begin(), difference_of);
  std::sort(differences.begin(), differences.end());
  const Ranks ranks = quantile_ranks(differences.size(), kMedian, confidence);
  const auto at = [&](std::uint64_t rank) {
    return rank == 0 ? -kInfinity : rank > differences.size() ? kInfinity : differences[rank - 1];
  };
  return {at((differences.size() + 1) / 2), at(ranks.low), at(ranks.high)};
}

double sign_test(std::span<const std::int64_t> first, std::span<const std::int64_t> second) {
  assert(first.size() == second.size());
  PairedCounts signs;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] > second[i]) ++signs.first_only;
    if (first[i] < second[i]) ++signs.second_only;
  }
  return mcnemar_exact(signs);
}

}  // namespace punchlab::results
