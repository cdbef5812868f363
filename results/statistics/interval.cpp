#include "results/statistics/interval.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cassert>
#include <cmath>
#include <vector>

namespace punchlab::results {

double two_sided_z(double confidence) {
  assert(confidence > 0 && confidence < 1);
  return boost::math::quantile(boost::math::complement(boost::math::normal(), (1 - confidence) / 2));
}

Interval wilson_interval(std::uint64_t successes, std::uint64_t trials, double confidence) {
  assert(successes <= trials);
  if (trials == 0) return {};
  const double n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double z = two_sided_z(confidence);
  const double shrink = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / shrink;
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / shrink;
  // At the ends centre and half are equal in exact arithmetic; rounding must not leave 1e-17 where 0 belongs.
  return {successes == 0 ? 0.0 : std::max(0.0, centre - half),
          successes == trials ? 1.0 : std::min(1.0, centre + half)};
}

Stratum stratified_mean(std::span<const Stratum> strata) {
  double weight = 0, sum = 0, below = 0, above = 0;
  for (const auto& stratum : strata) {
    weight += stratum.weight;
    sum += stratum.weight * stratum.value;
    below += std::pow(stratum.weight * (stratum.value - stratum.low), 2);
    above += std::pow(stratum.weight * (stratum.high - stratum.value), 2);
  }
  assert(weight > 0);
  const double mean = sum / weight;
  return {weight, mean, mean - std::sqrt(below) / weight, mean + std::sqrt(above) / weight};
}

Interval stratified_interval(std::span<const Proportion> strata, double confidence) {
  Proportion all;
  for (const auto& stratum : strata) {
    all.count += stratum.count;
    all.trials += stratum.trials;
  }
  if (strata.size() <= 1 || all.trials == 0) return wilson_interval(all.count, all.trials, confidence);
  std::vector<Stratum> parts;
  for (const auto& stratum : strata) {
    if (stratum.trials == 0) continue;
    const auto own = wilson_interval(stratum.count, stratum.trials, confidence);
    parts.push_back({static_cast<double>(stratum.trials), stratum.value(), own.low, own.high});
  }
  const auto mean = stratified_mean(parts);
  return {all.count == 0 ? 0.0 : std::max(0.0, mean.low), all.count == all.trials ? 1.0 : std::min(1.0, mean.high)};
}

}  // namespace punchlab::results
