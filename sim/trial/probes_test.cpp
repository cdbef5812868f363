// Probes and their log:
// 1. What is written is parsed; anything else is no probe.
// 2. Probes leave one interval apart from the first path on, the planned number of them; then the log waits for the final path
//    and has three answers over it before it is complete.
// 3. Doubled and invented echoes count once and not at all. Silence ends after the grace.
// 4. Direct means both ways; medians are of one kind each.
#include "sim/trial/probes.hpp"

#include <gtest/gtest.h>

namespace punchlab::trial {
namespace {

using std::chrono::milliseconds;
constexpr Time kStart = kTimeOrigin;

Probe echo(std::uint32_t sequence, PathKind forward) {
  Probe probe;
  probe.kind = Probe::Kind::echo;
  probe.forward = forward;
  probe.sequence = sequence;
  return probe;
}

TEST(Probes, RoundTrip) {
  std::array<std::uint8_t, 64> bytes;
  Probe::write(bytes, Probe::Kind::echo, PathKind::direct, 0x01020304);
  const auto probe = Probe::parse(bytes);
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->kind, Probe::Kind::echo);
  EXPECT_EQ(probe->forward, PathKind::direct);
  EXPECT_EQ(probe->sequence, 0x01020304u);
  EXPECT_FALSE(Probe::parse(Bytes{bytes}.first(7)));
  bytes[1] = 3;
  EXPECT_FALSE(Probe::parse(bytes));
  bytes[0] = 'X';
  EXPECT_FALSE(Probe::parse(bytes));
}

TEST(Probes, WaitsForTheFinalPathAndConfirmsIt) {
  Traffic traffic;
  traffic.probes = 2;
  ProbeLog log(traffic);
  EXPECT_EQ(log.next(), kNever);
  log.begin(kStart);
  EXPECT_EQ(log.next(), kStart);
  Time now = kStart;
  EXPECT_EQ(log.sent(now), 0u);
  now = log.next();
  EXPECT_EQ(now, kStart + traffic.interval);
  log.sent(now);
  EXPECT_EQ(log.next(), kNever) << "both planned ones left";
  log.answered(now, echo(0, PathKind::relayed), PathKind::relayed);
  log.answered(now, echo(1, PathKind::relayed), PathKind::relayed);
  EXPECT_FALSE(log.complete(now + std::chrono::hours{1}));
  log.set_final(now, PathKind::direct);
  for (std::uint32_t i = 2; i < 4; ++i) {
    EXPECT_FALSE(log.complete(now));
    now = log.next();
    ASSERT_NE(now, kNever);
    log.sent(now);
    log.answered(now + milliseconds{40}, echo(i, PathKind::direct), PathKind::direct);
  }
  EXPECT_TRUE(log.complete(now));
  EXPECT_EQ(log.round_trip(PathKind::direct), milliseconds{40});
}

TEST(Probes, CountsEachAnswerOnce) {
  Traffic traffic;
  traffic.probes = 1;
  ProbeLog log(traffic);
  log.begin(kStart);
  log.sent(kStart);
  log.set_final(kStart, PathKind::relayed);
  EXPECT_FALSE(log.complete(kStart));
  log.answered(kStart + milliseconds{5}, echo(9, PathKind::direct), PathKind::direct);
  EXPECT_EQ(log.answered_count(), 0u);
  log.answered(kStart + milliseconds{5}, echo(0, PathKind::relayed), PathKind::relayed);
  log.answered(kStart + milliseconds{9}, echo(0, PathKind::direct), PathKind::direct);
  EXPECT_EQ(log.answered_count(), 1u);
  EXPECT_EQ(log.answered_over(PathKind::direct), 0u);
  EXPECT_EQ(log.round_trip(PathKind::relayed), milliseconds{5});
  EXPECT_FALSE(log.round_trip(PathKind::direct));
  EXPECT_TRUE(log.complete(kStart + milliseconds{9}));
}

TEST(Probes, CountsHalfAndHalfAsNeither) {
  const Traffic traffic;
  ProbeLog log(traffic);
  log.begin(kStart);
  log.sent(kStart);
  log.answered(kStart + milliseconds{5}, echo(0, PathKind::relayed), PathKind::direct);
  EXPECT_EQ(log.answered_count(), 1u);
  EXPECT_FALSE(log.round_trip(PathKind::direct));
  EXPECT_FALSE(log.round_trip(PathKind::relayed));
}

TEST(Probes, SilenceEndsAfterTheGrace) {
  Traffic traffic;
  traffic.probes = 3;
  traffic.interval = milliseconds{10};
  ProbeLog log(traffic);
  log.begin(kStart);
  log.set_final(kStart, PathKind::relayed);
  Time last = kStart;
  for (std::uint32_t i = 0; log.next() != kNever; ++i) {
    last = log.next();
    log.sent(last);
    if (i > 0) log.answered(last, echo(i, PathKind::relayed), PathKind::relayed);  // the first is lost
  }
  EXPECT_EQ(log.sent_count(), 4u) << "one more than planned confirms the path";
  EXPECT_EQ(log.give_up(), last + ProbeLog::kGrace);
  EXPECT_FALSE(log.complete(last + ProbeLog::kGrace - Duration{1}));
  EXPECT_TRUE(log.complete(last + ProbeLog::kGrace));
}

}  // namespace
}  // namespace punchlab::trial
