#pragma once
#include <ctime>

#include "protocol/base/time.hpp"

namespace punchlab::net {

/// CLOCK_MONOTONIC as the core's time: nanoseconds since the machine started, the same in every process.
inline Time monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Time{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

}  // namespace punchlab::net
