#include "results/statistics/sample.hpp"

#include <algorithm>
#include <cassert>

namespace punchlab::results {

Sample::Sample(std::vector<std::int64_t> values, std::uint64_t never) : values_(std::move(values)), never_(never) {
  std::sort(values_.begin(), values_.end());
}

Sample Sample::pool(std::span<const Sample* const> parts) {
  std::vector<std::int64_t> values;
  std::uint64_t never = 0;
  for (const Sample* part : parts) {
    values.insert(values.end(), part->values_.begin(), part->values_.end());
    never += part->never_;
  }
  return {std::move(values), never};
}

std::optional<std::int64_t> Sample::quantile(unsigned percent) const {
  assert(percent >= 1 && percent <= 100);
  if (trials() == 0) return std::nullopt;
  // Whole numbers: 0.95 * 200 in floating point may come out above 190 and pick the wrong rank.
  const std::uint64_t rank = (percent * trials() + 99) / 100;
  if (rank > values_.size()) return std::nullopt;
  return values_[rank - 1];
}

}  // namespace punchlab::results
