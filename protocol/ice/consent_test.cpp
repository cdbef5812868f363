// Cases: what happens to a selected pair later (RFC 7675, RFC 8445 section 11).
//  1. Consent is asked every 4 to 6 s, and an answered pair is never lost.
//  2. When nothing comes back, the pair is lost 30 s after the last answer, on both sides, and nothing is sent on it.
//  3. When another valid pair lives, both sides move to it without a Lost, and to the same one.
//  4. After a Lost the path that comes back is selected again.
//  5. With consent off the clock, keepalives leave every `keepalive` and no more often.
//  6. A withdrawn base or remote address ends its selected pair at once, and another that works is selected; what is
//     withdrawn and not selected disturbs nothing. A new allocation on a withdrawn base is checked again.
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

TEST(Consent, EndsAtOnceWithWhatIsWithdrawn) {
  for (const bool remote : {false, true}) {
    Lab lab({.policy = with_relay_first(), .relay = true});
    lab.connect();
    ASSERT_TRUE(lab.run_until_selected(seconds{1}));
    ASSERT_FALSE(lab.sides[0].path().relayed());
    const auto direct = lab.sides[0].path().remote;
    for (int i = 0; i < 2; ++i) {
      auto& s = lab.sides[Lab::index(i)];
      if (remote) s.agent->withdraw_remote(lab.now, lab.sides[Lab::index(1 - i)].host);
      else s.agent->withdraw_base(lab.now, kSocket);
      EXPECT_FALSE(s.agent->selected());
      lab.drain(i);
      EXPECT_EQ(s.lost.size(), 1u);
    }
    const Time withdrawn = lab.now;
    EXPECT_TRUE(lab.run_until_selected(seconds{5}));
    lab.run_for(seconds{40});
    ASSERT_TRUE(lab.both_selected());
    EXPECT_TRUE(lab.same_path());
    EXPECT_LT(lab.sides[0].selected.back().at, withdrawn + seconds{5});
    EXPECT_TRUE(!remote || lab.sides[0].path().remote != direct);
  }
}

TEST(Consent, IsNotDisturbedByWhatIsWithdrawnElsewhere) {
  Lab lab({.policy = with_relay_first(), .relay = true});
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  const auto path = lab.sides[0].path();
  lab.sides[0].agent->withdraw_base(lab.now, kAllocation);
  lab.sides[0].agent->withdraw_remote(lab.now, lab.sides[1].relayed);
  lab.sides[0].agent->withdraw_remote(lab.now, kServer);  // never told
  lab.run_for(seconds{60});
  EXPECT_EQ(lab.sides[0].path(), path);
  EXPECT_TRUE(lab.sides[0].lost.empty());
}

TEST(Consent, ANewAllocationIsCheckedAgain) {
  Lab lab({.policy = with_relay_first(), .relay = true});
  lab.drop = [](const Packet& p) { return !touches_relay(p); };
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{10}));
  auto& left = lab.sides[0];
  lab.drop = [](const Packet&) { return true; };
  left.agent->withdraw_base(lab.now, kAllocation);
  lab.run_for(seconds{100});
  ASSERT_FALSE(left.agent->selected());
  left.relayed.port = 50'077;
  lab.drop = [](const Packet& p) { return p.source.port != 50'077 && p.destination.port != 50'077; };
  const auto candidate = left.agent->add_relayed(lab.now, kAllocation, left.relayed, kServer);
  ASSERT_TRUE(candidate);
  lab.drain(0);
  lab.sides[1].agent->withdraw_remote(lab.now, {kServer.address, 50'000});
  lab.sides[1].agent->add_remote(lab.now, *candidate);
  lab.drain(1);
  EXPECT_TRUE(lab.run_until_selected(seconds{15}));
  EXPECT_TRUE(left.path().base == kAllocation);
}

}  // namespace
}  // namespace punchlab::ice::lab
