// What is said of a run's lateness:
//  1. Nothing of a run in time, a simulated one, or one of which less than half of the trials were late.
//  2. One line with both numbers as soon as either is too much in the median trial.
#include "results/store/lateness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punchlab::results {
namespace {

using namespace std::chrono_literals;

TrialRecord trial_of(std::optional<Duration> p50, std::optional<Duration> p99) {
  TrialRecord r;
  r.late_p50 = p50;
  r.late_p99 = p99;
  return r;
}

std::string warning_of(const std::vector<TrialRecord>& trials) {
  Lateness lateness;
  for (const auto& trial : trials) lateness.add(trial);
  return lateness.warning();
}

TEST(Lateness, IsSilentWhenInTime) {  // case 1
  EXPECT_EQ(warning_of({}), "");
  EXPECT_EQ(warning_of({trial_of({}, {}), trial_of({}, {})}), "");
  const auto good = trial_of(kLateMedian - 1ns, kLateP99 - 1ns);
  EXPECT_EQ(warning_of({good}), "");
  EXPECT_EQ(warning_of({good, trial_of(1s, 1s)}), "");
}

TEST(Lateness, IsToldWhenItIsMuch) {  // case 2
  const auto text = warning_of({trial_of(100us, 12ms), trial_of(200us, 34ms), trial_of(50us, 10ms)});
  EXPECT_THAT(text, testing::HasSubstr("p50 0.1 ms, p99 12.0 ms): times are not to be trusted"));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(warning_of({trial_of(kLateMedian, 2ms)}), "");
}

}  // namespace
}  // namespace punchlab::results
