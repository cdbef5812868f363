// Cases: what happens to a selected pair later (RFC 7675, RFC 8445 section 11).
//  1. Consent is asked every 4 to 6 s, and an answered pair is never lost.
//  2. When nothing comes back, the pair is lost 30 s after the last answer, on both sides, and nothing is sent on it.
//  3. When another valid pair lives, both sides move to it without a Lost, and to the same one.
//  4. After a Lost the path that comes back is selected again.
//  5. With consent off the clock, keepalives leave every `keepalive` and no more often.
#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

Policy with_relay_first() { return *find_policy("relay-first"); }

bool touches_relay(const Packet& p) {
  return p.source.address == kServer.address || p.destination.address == kServer.address;
}

TEST(Consent, IsRenewedEveryFourToSixSeconds) {
  Lab lab({.policy = with_relay_first()});
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  lab.run_for(seconds{600});
  for (const auto& s : lab.sides) {
    EXPECT_GE(s.agent->counters().consent_checks, 100u);
    EXPECT_LE(s.agent->counters().consent_checks, 150u);
    EXPECT_TRUE(s.lost.empty());
    EXPECT_EQ(s.agent->counters().keepalives, 0u);
  }
}

TEST(Consent, ExpiresThirtySecondsAfterTheLastAnswer) {
  Lab lab({.policy = with_relay_first()});
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  lab.run_for(seconds{60});
  lab.drop = [](const Packet&) { return true; };
  const Time cut = lab.now;
  lab.run_for(seconds{100});
  for (const auto& s : lab.sides) {
    ASSERT_EQ(s.lost.size(), 1u);
    EXPECT_GE(s.lost[0].at, cut + seconds{30} - seconds{6});
    EXPECT_LE(s.lost[0].at, cut + seconds{30} + milliseconds{40});
    EXPECT_FALSE(s.agent->selected());
  }
}

TEST(Consent, FallsBackToALivingPair) {
  Lab lab({.policy = with_relay_first(), .relay = true});
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  ASSERT_FALSE(lab.sides[0].path().relayed());
  lab.run_for(seconds{20});
  lab.drop = [](const Packet& p) { return !touches_relay(p); };
  lab.run_for(seconds{60});
  ASSERT_TRUE(lab.same_path());
  for (const auto& s : lab.sides) {
    EXPECT_TRUE(s.path().relayed());
    EXPECT_TRUE(s.lost.empty());
  }
}

TEST(Consent, ReturnsAfterALoss) {
  Lab lab({.nat = {kRestricted, kRestricted}, .policy = with_relay_first()});
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  lab.drop = [](const Packet&) { return true; };
  lab.run_for(seconds{30});
  lab.drop = [](const Packet&) { return false; };
  lab.run_for(seconds{3});
  EXPECT_TRUE(lab.same_path());
  for (const auto& s : lab.sides) {
    EXPECT_EQ(s.lost.size(), 1u);
    EXPECT_EQ(s.selected.size(), 2u);
  }
}

TEST(Consent, KeepalivesFillLongSilence) {
  auto policy = with_relay_first();
  policy.consent_interval = seconds{1000};
  policy.consent_timeout = seconds{3000};
  Lab lab({.policy = policy});
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  lab.run_for(seconds{150});
  for (const auto& s : lab.sides) {
    EXPECT_GE(s.agent->counters().keepalives, 9u);
    EXPECT_LE(s.agent->counters().keepalives, 10u);
    EXPECT_GT(s.agent->counters().of(Verdict::keepalive), 8u);
  }
}

}  // namespace
}  // namespace punchlab::ice::lab
