#include "results/statistics/rate_difference.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/hypergeometric.hpp>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace punchlab::results {
namespace {

Interval wilson(Proportion p, double confidence) { return wilson_interval(p.count, p.trials, confidence); }

/// The correlation of both results of a pair as Newcombe's method 10 takes it: a positive one is lessened by half a
/// pair, because few pairs make it look greater than it is.
double correlation(const PairedCounts& c) {
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  const double margins = number(c.both + c.first_only) * number(c.second_only + c.neither) *
                         number(c.both + c.second_only) * number(c.first_only + c.neither);
  if (margins == 0) return 0;
  const double cross = number(c.both) * number(c.neither) - number(c.first_only) * number(c.second_only);
  const double corrected = cross > 0 ? std::max(cross - number(c.pairs()) / 2, 0.0) : cross;
  return corrected / std::sqrt(margins);
}

/// The root of a - 2 c + b, where rounding may leave a trifle below zero.
double square_and_add(double a, double b, double phi) {
  return std::sqrt(std::max(0.0, a * a - 2 * phi * a * b + b * b));
}

/// The difference of two rates whose estimates have this correlation.
Difference combine(Proportion first, Proportion second, double phi, double confidence) {
  const double p = first.value();
  const double q = second.value();
  const Interval of_p = wilson(first, confidence);
  const Interval of_q = wilson(second, confidence);
  return {p - q, std::max(-1.0, p - q - square_and_add(p - of_p.low, of_q.high - q, phi)),
          std::min(1.0, p - q + square_and_add(of_p.high - p, q - of_q.low, phi))};
}

}  // namespace

Difference newcombe(Proportion first, Proportion second, double confidence) {
  if (first.trials == 0 || second.trials == 0) return {};
  return combine(first, second, 0, confidence);
}

Difference newcombe_paired(const PairedCounts& counts, double confidence) {
  if (counts.pairs() == 0) return {};
  return combine(counts.first(), counts.second(), correlation(counts), confidence);
}

double fisher_greater(Proportion first, Proportion second) {
  assert(first.count <= first.trials && second.count <= second.trials);
  const std::uint64_t successes = first.count + second.count;
  const std::uint64_t trials = first.trials + second.trials;
  const std::uint64_t least = successes > second.trials ? successes - second.trials : 0;
  if (first.count <= least) return 1;
  assert(trials <= std::numeric_limits<unsigned>::max());  // far more than a plan may have
  const auto number = [](std::uint64_t n) { return static_cast<unsigned>(n); };
  const boost::math::hypergeometric_distribution<double> by_chance(number(successes), number(first.trials),
                                                                   number(trials));
  return std::min(1.0, boost::math::cdf(boost::math::complement(by_chance, number(first.count - 1))));
}

double fisher_two_sided(Proportion first, Proportion second) {
  return std::min(1.0, 2 * std::min(fisher_greater(first, second), fisher_greater(second, first)));
}

double mantel_haenszel(std::span<const TwoSamples> strata) {
  double excess = 0, variance = 0;
  for (const auto& [first, second] : strata) {
    const auto n = static_cast<double>(first.trials), m = static_cast<double>(second.trials);
    if (n == 0 || m == 0) continue;
    const auto successes = static_cast<double>(first.count + second.count);
    excess += static_cast<double>(first.count) - n * successes / (n + m);
    variance += n * m * successes * (n + m - successes) / ((n + m) * (n + m) * (n + m - 1));
  }
  if (variance == 0) return 1;
  return std::erfc(std::max(0.0, std::abs(excess) - 0.5) / std::sqrt(2 * variance));
}

double mcnemar_exact(const PairedCounts& counts) {
  const std::uint64_t differing = counts.first_only + counts.second_only;
  if (differing == 0) return 1;
  const boost::math::binomial by_chance(static_cast<double>(differing), 0.5);
  const auto fewer = static_cast<double>(std::min(counts.first_only, counts.second_only));
  return std::min(1.0, 2 * boost::math::cdf(by_chance, fewer));
}

std::vector<double> holm(std::span<const double> probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return probabilities[a] < probabilities[b]; });
  std::vector<double> adjusted(probabilities.size());
  double highest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    highest = std::max(highest, static_cast<double>(order.size() - rank) * probabilities[order[rank]]);
    adjusted[order[rank]] = std::min(1.0, highest);
  }
  return adjusted;
}

}  // namespace punchlab::results
