#include "results/store/lateness.hpp"

#include <fmt/format.h>

#include "results/statistics/sample.hpp"

namespace punchlab::results {

void Lateness::add(const TrialRecord& record) {
  if (record.late_p50) p50_.push_back(record.late_p50->count());
  if (record.late_p99) p99_.push_back(record.late_p99->count());
}

std::string Lateness::warning() const {
  const Duration p50{Sample(p50_, 0).median().value_or(0)}, p99{Sample(p99_, 0).median().value_or(0)};
  if (p50 < kLateMedian && p99 < kLateP99) return {};
  const auto ms = [](Duration d) { return static_cast<double>(d.count()) * 1e-6; };
  return fmt::format(
      "the machine delivered packets late (in the median trial p50 {:.1f} ms, p99 {:.1f} ms): times are not to be "
      "trusted; take a quieter machine or fewer --jobs",
      ms(p50), ms(p99));
}

}  // namespace punchlab::results
