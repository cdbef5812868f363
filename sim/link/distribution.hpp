#pragma once
// A value that a scenario gives as a constant or as a distribution. Sampling uses only the Rng and IEEE 754 arithmetic,
// so that it is bit-identical on every machine (arithmetic.hpp).
#include <cstdint>

#include "protocol/base/rng.hpp"
#include "protocol/base/time.hpp"

namespace punchlab::link {

/// Unit: seconds for times. Samples of a time are never negative (clamped at 0).
struct Distribution {
  enum class Kind : std::uint8_t { constant, uniform, normal, exponential, pareto };
  Kind kind = Kind::constant;
  double a = 0;  ///< constant value; low; mean; mean; scale
  double b = 0;  ///< -; high; standard deviation; -; shape

  static constexpr Distribution constant(double value) { return {Kind::constant, value, 0}; }
  /// A non-negative time, rounded to the nearest nanosecond, at most a day. Takes one number from `rng`, a constant
  /// none.
  Duration sample(Rng& rng) const;
  bool is_constant() const { return kind == Kind::constant; }
  friend bool operator==(const Distribution&, const Distribution&) = default;
};

/// Of a link that names none, in bit/s: fast enough that serialisation hardly counts.
inline constexpr std::uint64_t kPlainBandwidth = 10'000'000'000;

}  // namespace punchlab::link
