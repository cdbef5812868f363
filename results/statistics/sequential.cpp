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

std::vector<std::uint64_t> look_sizes(std::uint64_t most, unsigned looks) {
  std::vector<std::uint64_t> sizes;
  for (unsigned look = 0; look < looks; ++look) {
    const unsigned halvings = looks - 1 - look;
    sizes.push_back(std::max<std::uint64_t>(1, (most + (std::uint64_t{1} << halvings) - 1) >> halvings));
  }
  return sizes;
}

}  // namespace punchlab::results
