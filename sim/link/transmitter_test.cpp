// Cases
//  1. Transmission time counts two bytes of framing and rounds to the nearest nanosecond, also where that is exact.
//  2. An idle transmitter starts at once, and is idle again exactly when the last bit has left.
//  3. A busy one queues in order up to its limit and drops what comes then; a limit of 0 counts as 1.
//  4. The queue keeps its order when it grows and wraps.
#include "sim/link/transmitter.hpp"

#include <gtest/gtest.h>

namespace punchlab::link {
namespace {

using Offer = Transmitter::Offer;
using namespace std::chrono_literals;

Transmitter transmitter(std::uint64_t bandwidth, std::uint32_t queue) {
  Transmitter t;
  t.reset(bandwidth, queue);
  return t;
}

TEST(TransmissionTime, RoundsToTheNearestNanosecond) {  // case 1
  EXPECT_EQ(transmission_time(98, 1'000'000'000), 800ns);
  EXPECT_EQ(transmission_time(98, 10'000'000'000), 80ns);
  EXPECT_EQ(transmission_time(98, 3'000'000'000), 267ns);             // 266.7
  EXPECT_EQ(transmission_time(98, 7'000'000'000), 114ns);             // 114.3
  EXPECT_EQ(transmission_time(1498, 32'768), Duration{366'210'938});  // 366210937.5
  EXPECT_EQ(transmission_time(0, 1), 16s);
}

TEST(Transmitter, StartsWhenIdle) {  // case 2
  auto t = transmitter(1'000'000'000, 5);
  EXPECT_EQ(t.offer(kTimeOrigin, 1), Offer::start);
  EXPECT_EQ(t.begin(kTimeOrigin, 98), kTimeOrigin + 800ns);
  EXPECT_EQ(t.offer(kTimeOrigin + 799ns, 2), Offer::wait);
  EXPECT_EQ(t.take(), 2U);
  EXPECT_EQ(t.offer(kTimeOrigin + 800ns, 3), Offer::start);
}

TEST(Transmitter, QueuesInOrderAndDropsTheTail) {  // case 3
  auto t = transmitter(1'000'000, 2);
  t.begin(kTimeOrigin, 98);
  EXPECT_EQ(t.offer(kTimeOrigin, 1), Offer::wait);
  EXPECT_EQ(t.offer(kTimeOrigin, 2), Offer::wait);
  EXPECT_EQ(t.offer(kTimeOrigin, 3), Offer::drop);
  EXPECT_EQ(t.waiting(), 2U);
  EXPECT_EQ(t.take(), 1U);
  EXPECT_EQ(t.take(), 2U);
  auto none = transmitter(1'000'000, 0);
  none.begin(kTimeOrigin, 98);
  EXPECT_EQ(none.offer(kTimeOrigin, 1), Offer::wait);
  EXPECT_EQ(none.offer(kTimeOrigin, 2), Offer::drop);
}

TEST(Transmitter, KeepsOrderWhileItGrowsAndWraps) {  // case 4
  auto t = transmitter(1, 1000);
  t.begin(kTimeOrigin, 1500);
  std::uint32_t next_in = 0;
  std::uint32_t next_out = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 9; ++i) ASSERT_EQ(t.offer(kTimeOrigin, next_in++), Offer::wait);
    for (int i = 0; i < 4; ++i) ASSERT_EQ(t.take(), next_out++);
  }
  while (t.waiting() > 0) ASSERT_EQ(t.take(), next_out++);
  EXPECT_EQ(next_out, next_in);
}

}  // namespace
}  // namespace punchlab::link
