#pragma once
// Virtual time. The core never reads a clock: every verb takes `now`.
#include <chrono>
#include <cstdint>

namespace punchlab {

using Duration = std::chrono::nanoseconds;

/// A chrono clock without `now()`, so that nothing in the core can read one.
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

/// Nanoseconds on the caller's clock.
using Time = Clock::time_point;

/// Where virtual time starts: not zero, so that a forgotten initialisation shows.
inline constexpr Time kTimeOrigin{std::chrono::seconds{1000}};
inline constexpr Time kNever = Time::max();

}  // namespace punchlab
