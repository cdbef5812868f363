// How late a world was:
//  1. Quantiles are by nearest rank, of the first packets only; none without a packet.
//  2. What is overdue at the same time counts once, what is overdue before the start not at all, and what is in time
//     nothing.
#include "sim/trial/late_log.hpp"

#include <gtest/gtest.h>

namespace punchlab::trial {
namespace {

using namespace std::chrono_literals;

constexpr Time at(Duration d) { return kTimeOrigin + d; }

TEST(LateLog, HasQuantilesOfPackets) {  // case 1
  LateLog log;
  EXPECT_EQ(log.quantile(50), std::nullopt);
  log.add(at(0ms), at(9ms));
  EXPECT_EQ(log.quantile(50), std::nullopt) << "that was no packet";
  for (int i = 100; i >= 1; --i) log.add_packet(at(0ms), at(i * 1ms));
  EXPECT_EQ(log.quantile(1), Duration{1ms});
  EXPECT_EQ(log.quantile(50), Duration{50ms});
  EXPECT_EQ(log.quantile(99), Duration{99ms});
  EXPECT_EQ(log.quantile(100), Duration{100ms});
  for (std::size_t i = 100; i < LateLog::kKept; ++i) log.add_packet(at(0ms), at(50ms));
  log.add_packet(at(0ms), at(1s));
  EXPECT_EQ(log.quantile(100), Duration{100ms}) << "one more than is kept";
}

TEST(LateLog, CountsOverlapsOnce) {  // case 2
  LateLog log;
  log.begin(at(100ms));
  log.add(at(20ms), at(90ms));
  EXPECT_EQ(log.behind(), Duration{0});
  log.add(at(90ms), at(110ms));
  EXPECT_EQ(log.behind(), Duration{10ms});
  log.add_packet(at(105ms), at(120ms));
  EXPECT_EQ(log.behind(), Duration{20ms});
  log.add(at(200ms), at(200ms));
  log.add(at(300ms), at(250ms));
  EXPECT_EQ(log.behind(), Duration{20ms});
  log.add(at(290ms), at(300ms));
  EXPECT_EQ(log.behind(), Duration{30ms});
}

}  // namespace
}  // namespace punchlab::trial
