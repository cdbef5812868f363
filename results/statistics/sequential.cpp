#include "results/statistics/sequential.hpp"

#include <algorithm>
#include <cassert>

namespace punchlab::results {

Decision decide(Proportion baseline, Proportion now, unsigned look, const SequentialLimits& limits) {
  assert(look < limits.looks);
  if (fisher_greater(now, baseline) <= limits.false_alarm / limits.looks) return Decision::risen;
  // One-sided: both ends of an interval of confidence 1 - 2 miss miss their side with probability `miss`.
  if (newcombe(now, baseline, 1 - 2 * limits.miss).high < limits.margin) return Decision::fine;
  return look + 1 == limits.looks ? Decision::undecided : Decision::go_on;
}

std::optional<Growth> deciding_growth(Proportion baseline, Proportion now, const SequentialLimits& limits) {
  const auto times = [](Proportion p, std::uint64_t factor) { return Proportion{p.count * factor, p.trials * factor}; };
  const auto decides = [&](const Growth& growth) {
    return decide(times(baseline, growth.baseline), times(now, growth.now), limits.looks - 1, limits) !=
           Decision::undecided;
  };
  for (std::uint64_t factor = 1; factor <= kMostGrowth; factor *= 2)
    if (decides({1, factor})) return Growth{1, factor};
  for (std::uint64_t factor = 2; factor <= kMostGrowth; factor *= 2)
    if (decides({factor, factor})) return Growth{factor, factor};
  return std::nullopt;
}

std::vector<std::uint64_t> look_sizes(std::uint64_t most, unsigned looks) {
  std::vector<std::uint64_t> sizes;
  for (unsigned look = 0; look < looks; ++look) {
    const unsigned halvings = looks - 1 - look;
    sizes.push_back(std::max<std::uint64_t>(1, (most + (std::uint64_t{1} << halvings) - 1) >> halvings));
  }
  return sizes;
}

}  // namespace punchlab::results
