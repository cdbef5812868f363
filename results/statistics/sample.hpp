#pragma once
// Quantiles of a quantity that some trials never reach. Those trials count as infinite; they are never dropped.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace punchlab::results {

/// A sorted sample: the same whatever order its values came in. The unit is the caller's (ns, packets, bytes).
class Sample {
 public:
  Sample() = default;
  /// `never`: trials without a value, in addition to `values`.
  Sample(std::vector<std::int64_t> values, std::uint64_t never);
  /// All values and all infinities of `parts` together.
  static Sample pool(std::span<const Sample* const> parts);

  /// The smallest value x such that at least `percent` of all trials are <= x (nearest rank: the inverse of the
  /// empirical distribution, Hyndman and Fan 1996 type 1). `percent` in 1-100. Nothing when that rank is infinite, or
  /// without trials.
  std::optional<std::int64_t> quantile(unsigned percent) const;
  std::optional<std::int64_t> median() const { return quantile(50); }

  /// Trials with a value.
  std::uint64_t measured() const { return values_.size(); }
  /// Trials, with a value or without.
  std::uint64_t trials() const { return values_.size() + never_; }
  /// Ascending.
  std::span<const std::int64_t> values() const { return values_; }

 private:
  std::vector<std::int64_t> values_;
  std::uint64_t never_ = 0;
};

}  // namespace punchlab::results
