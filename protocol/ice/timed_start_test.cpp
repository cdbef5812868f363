// Cases: the least time from the timed start, derived in docs/ice.md, met to the nanosecond without loss. d is the one-way
// delay, Ta the pacing, k the number of pairs before the one that works.
//  1. Cones and public hosts: both selected at first_check + k Ta + 2 d.
//  2. One symmetric NAT, d >= Ta: the cone's side needs one more delay: k Ta + 3 d.
//  3. Skewed starts of port-restricted cones: skew + k Ta + 2 d while the skew is less than d, and + 3 d beyond.
//  4. Checks never start before first_check, and an early check is answered meanwhile.
//  5. No check leaves less than Ta after the one before.
#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

constexpr Duration kStart = milliseconds{300};

Policy paced() {
  Policy p = *find_policy("relay-first");
  p.patience = seconds{5};
  return p;
}

/// Starts side 0 at kStart and side 1 a skew later; returns when both had selected, from side 1's start without skew.
Duration time_to_selected(Lab& lab, Duration skew = Duration{0}) {
  lab.gather();
  lab.exchange_credentials();
  lab.signal(0);
  lab.signal(1);
  const Time start = lab.now + kStart;
  lab.sides[0].agent->start(lab.now, start);
  lab.sides[1].agent->start(lab.now, start + skew);
  for (int i = 0; i < 2; ++i) lab.drain(i);
  lab.run_for(seconds{3});
  if (!lab.same_path()) return Duration{-1};
  return std::max(lab.sides[0].selected[0].at, lab.sides[1].selected[0].at) - start;
}

struct Law : testing::TestWithParam<int> {
  Duration d = milliseconds{GetParam()};
  Policy policy = paced();
  Duration measure(NatKind a, NatKind b, Duration skew = Duration{0}) {
    Lab lab({.nat = {a, b}, .policy = policy, .latency = d});
    return time_to_selected(lab, skew);
  }
};

TEST_P(Law, ConesMeetAfterOneRoundTrip) {
  EXPECT_EQ(measure(kNoNat, kNoNat), 2 * d);
  for (const auto& a : {kFullCone, kRestricted, kPortRestricted})
    for (const auto& b : {kFullCone, kRestricted, kPortRestricted})
      EXPECT_EQ(measure(a, b), policy.pacing + 2 * d);
}

TEST_P(Law, SymmetricNeedsOneMoreDelay) {
  if (d < policy.pacing) {
    EXPECT_LE(measure(kSymmetric, kRestricted), 2 * policy.pacing + 2 * d);
    return;
  }
  for (const auto& cone : {kFullCone, kRestricted}) {
    EXPECT_EQ(measure(kSymmetric, cone), policy.pacing + 3 * d);
    EXPECT_EQ(measure(cone, kSymmetric), policy.pacing + 3 * d);
  }
}

TEST_P(Law, SkewCostsItselfUntilItExceedsTheDelay) {
  policy.rto = seconds{1};  // no retransmission helps
  EXPECT_EQ(measure(kPortRestricted, kPortRestricted, d / 2), d / 2 + policy.pacing + 2 * d);
  if (d < policy.pacing) return;
  EXPECT_EQ(measure(kPortRestricted, kPortRestricted, 2 * d), 2 * d + policy.pacing + 3 * d);
}

INSTANTIATE_TEST_SUITE_P(Delays, Law, testing::Values(1, 5, 12, 25, 80));

TEST(TimedStart, WaitsForFirstCheckButAnswersBefore) {
  Lab lab({.policy = paced()});
  EXPECT_EQ(time_to_selected(lab, milliseconds{100}), milliseconds{100 + 40});
  const auto& late = lab.sides[1];
  std::size_t answers = 0;
  for (const auto& p : late.sent) {
    if (p.view().message_class() == stun::Class::request) break;
    answers += p.view().message_class() == stun::Class::success ? 1 : 0;
  }
  EXPECT_GE(answers, 1u);
}

TEST(TimedStart, ChecksArePaced) {
  Lab lab({.nat = {kSymmetric, kSymmetric}, .policy = paced(), .relay = true});
  std::vector<Time> begun;
  std::set<stun::TransactionId> seen;
  lab.drop = [&](const Packet& p) {
    if (p.from == 0 && p.view().message_class() == stun::Class::request && seen.insert(p.view().transaction_id()).second)
      begun.push_back(lab.now);
    return false;
  };
  time_to_selected(lab);
  ASSERT_GT(begun.size(), 5u);
  for (std::size_t i = 1; i < begun.size(); ++i) EXPECT_GE(begun[i] - begun[i - 1], paced().pacing);
}

}  // namespace
}  // namespace punchlab::ice::lab
