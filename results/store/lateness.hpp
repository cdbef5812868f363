#pragma once
// How late a whole run over real sockets was, in words.
#include <string>
#include <vector>

#include "results/record/record.hpp"

namespace punchlab::results {

/// Trials whose packets were later than this, in the median or at their 99th percentile, measured the machine: where
/// half of all trials were, times say little of the network.
inline constexpr Duration kLateMedian = std::chrono::milliseconds{1};
inline constexpr Duration kLateP99 = std::chrono::milliseconds{10};

class Lateness {
 public:
  void add(const TrialRecord& record);
  /// One line, without its end; empty when the machine was in time, or time was simulated.
  std::string warning() const;

 private:
  std::vector<std::int64_t> p50_, p99_;  ///< nanoseconds, of the trials that have them
};

}  // namespace punchlab::results
