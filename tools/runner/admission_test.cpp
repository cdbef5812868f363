// Admission of trials in real time:
//  1. At first as many as the least run; each that was in time lets one more in, up to the most.
//  2. A late one takes a quarter away, once for all that were on with it, and never goes below the least.
//  3. Turns come in the order of the tickets, whoever leaves first.
#include "tools/runner/admission.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace punchlab::runner {
namespace {

/// Takes tickets as long as they may run at once.
std::vector<std::uint32_t> fill(Admission& admission, std::vector<std::uint32_t>& waiting) {
  std::vector<std::uint32_t> running;
  while (true) {
    if (waiting.empty()) waiting.push_back(admission.take_ticket());
    if (!admission.may_run(waiting.front())) return running;
    running.push_back(waiting.front());
    waiting.clear();
  }
}

TEST(Admission, GrowsWhileInTime) {  // case 1
  Admission admission(2, 5);
  std::vector<std::uint32_t> waiting;
  std::size_t on = 0;
  auto running = fill(admission, waiting);
  EXPECT_EQ(running.size(), 2U);
  for (const std::size_t more : {4U, 5U, 5U}) {
    on = running.size();
    for (const auto ticket : running) admission.leave(ticket, false);
    running = fill(admission, waiting);
    EXPECT_EQ(running.size(), more) << "after " << on;
  }
}

TEST(Admission, ShrinksOnceForAllThatWereOn) {  // case 2
  Admission admission(4, 16);
  std::vector<std::uint32_t> waiting;
  while (admission.allowed() < 16)
    for (const auto ticket : fill(admission, waiting)) admission.leave(ticket, false);
  for (const auto ticket : fill(admission, waiting)) admission.leave(ticket, true);
  EXPECT_EQ(admission.allowed(), 12U);
  for (int i = 0; i < 10; ++i)
    for (const auto ticket : fill(admission, waiting)) admission.leave(ticket, true);
  EXPECT_EQ(admission.allowed(), 4U);
  const auto before = fill(admission, waiting);
  admission.leave(before[1], true);  // the first had its ticket before the last cut
  admission.leave(before[2], false);
  EXPECT_EQ(admission.allowed(), 4U) << "it was on when another was late";
}

TEST(Admission, KeepsTheOrder) {  // case 3
  Admission admission(2, 2);
  const auto first = admission.take_ticket(), second = admission.take_ticket(), third = admission.take_ticket(),
             fourth = admission.take_ticket();
  EXPECT_TRUE(admission.may_run(first) && admission.may_run(second));
  EXPECT_FALSE(admission.may_run(third) || admission.may_run(fourth));
  admission.leave(second, false);
  EXPECT_TRUE(admission.may_run(third));
  EXPECT_FALSE(admission.may_run(fourth));
  admission.leave(first, false);
  EXPECT_TRUE(admission.may_run(fourth));
}

}  // namespace
}  // namespace punchlab::runner
