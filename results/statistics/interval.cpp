#include "results/statistics/interval.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cassert>
#include <cmath>

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

Interval stratified_interval(std::span<const Proportion> strata, double confidence) {
  Proportion all;
  for (const auto& stratum : strata) {
    all.count += stratum.count;
    all.trials += stratum.trials;
  }
  if (strata.size() <= 1 || all.trials == 0) return wilson_interval(all.count, all.trials, confidence);
  double below = 0, above = 0;
  for (const auto& stratum : strata) {
    if (stratum.trials == 0) continue;
    const double weight = static_cast<double>(stratum.trials) / static_cast<double>(all.trials);
    const auto own = wilson_interval(stratum.count, stratum.trials, confidence);
    below += std::pow(weight * (stratum.value() - own.low), 2);
    above += std::pow(weight * (own.high - stratum.value()), 2);
  }
  return {all.count == 0 ? 0.0 : std::max(0.0, all.value() - std::sqrt(below)),
          all.count == all.trials ? 1.0 : std::min(1.0, all.value() + std::sqrt(above))};
}

}  // namespace punchlab::results
