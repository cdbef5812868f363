// Cases: two agents connect through NATs, or rightly do not.
//  1. Two public hosts select the host pair, both ends of one path, and both say so.
//  2. Two full cones meet on their server-reflexive candidates.
//  3. A symmetric NAT against a full cone: each learns the other's peer-reflexive address and both agree.
//  4. A symmetric NAT against a restricted cone likewise, in both directions of role.
//  5. A symmetric NAT against a port-restricted cone fails after the patience, not before (a control).
//  6. Two symmetric NATs fail likewise (a control), and with a relay they select a relayed pair after its wait.
//  7. Address-dependent mapping on both sides: meets when the filters are open, and does not when they are not (a control).
//  8. A host that signals nothing is still found by its checks, and the early check waits for credentials.
//  9. Lost first checks are repeated, and the pair is found after them.
// 10. With regular nomination the controlling side waits for a better pair that is still in progress.
// 11. An opener leaves before the first check with the policy's TTL, once per direct pair.
// 12. Relayed is never chosen while a direct pair can be had, and a path over the peer's allocation counts as relayed.
// 13. Round trips of many RTO: the checks that answer checks do not cancel each other, and die down once a path stands.
#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

Policy quick() {
  Policy p = *find_policy("relay-first");
  return p;
}

Lab connected(NatKind a, NatKind b, bool relay = false) {
  return Lab({.nat = {a, b}, .policy = quick(), .relay = relay});
}

TEST(Punching, PublicHostsSelectTheHostPair) {
  auto lab = connected(kNoNat, kNoNat);
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  EXPECT_TRUE(lab.same_path());
  for (const auto& s : lab.sides) {
    EXPECT_EQ(s.path().local_type, CandidateType::host);
    EXPECT_EQ(s.path().remote_type, CandidateType::host);
    EXPECT_EQ(s.selected.size(), 1u);
    ASSERT_EQ(s.valid.size(), 1u);
    EXPECT_EQ(s.valid[0].event.path, s.path());
    EXPECT_TRUE(s.agent->checks_concluded());
  }
}

TEST(Punching, FullConesMeetOnReflexiveCandidates) {
  auto lab = connected(kFullCone, kFullCone);
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  EXPECT_TRUE(lab.same_path());
  for (const auto& s : lab.sides) {
    EXPECT_EQ(s.path().local_type, CandidateType::server_reflexive);
    EXPECT_EQ(s.path().remote_type, CandidateType::server_reflexive);
    EXPECT_FALSE(s.path().relayed());
  }
}

class OneSymmetric : public testing::TestWithParam<std::tuple<NatKind, bool>> {};

TEST_P(OneSymmetric, MeetsOnThePeerReflexiveAddress) {
  const auto [other, symmetric_controls] = GetParam();
  auto lab = symmetric_controls ? connected(kSymmetric, other) : connected(other, kSymmetric);
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{2}));
  EXPECT_TRUE(lab.same_path());
  const auto& symmetric = lab.sides[symmetric_controls ? 0 : 1];
  const auto& cone = lab.sides[symmetric_controls ? 1 : 0];
  EXPECT_EQ(symmetric.path().local_type, CandidateType::peer_reflexive);
  EXPECT_EQ(cone.path().remote_type, CandidateType::peer_reflexive);
  EXPECT_FALSE(symmetric.path().relayed() || cone.path().relayed());
}

INSTANTIATE_TEST_SUITE_P(Cones, OneSymmetric,
                         testing::Combine(testing::Values(kNoNat, kFullCone, kRestricted), testing::Bool()));

class Hopeless : public testing::TestWithParam<NatKind> {};

TEST_P(Hopeless, FailsAfterThePatienceAndNotBefore) {
  auto lab = connected(kSymmetric, GetParam());
  lab.connect();
  const Time begin = lab.now;
  lab.run_for(seconds{60});
  for (const auto& s : lab.sides) {
    EXPECT_FALSE(s.agent->selected());
    EXPECT_TRUE(s.valid.empty());
    ASSERT_EQ(s.failed.size(), 1u);
    EXPECT_GE(s.failed[0].at, begin + s.policy.patience);
    EXPECT_LE(s.failed[0].at, begin + s.policy.patience + seconds{2});
    EXPECT_STREQ(s.failed[0].event.reason, "no-valid-pair");
  }
}

INSTANTIATE_TEST_SUITE_P(PortDependentFilters, Hopeless, testing::Values(kPortRestricted, kSymmetric));

TEST(Punching, SymmetricPairFallsBackToTheRelay) {
  auto policy = quick();
  policy.acceptance_wait_relayed = seconds{1};  // before the direct pairs have failed
  Lab lab({.nat = {kSymmetric, kSymmetric}, .policy = policy, .relay = true});
  lab.connect();
  const Time begin = lab.now;
  ASSERT_TRUE(lab.run_until_selected(seconds{10}));
  lab.run_for(seconds{5});
  EXPECT_TRUE(lab.same_path());
  for (const auto& s : lab.sides) {
    EXPECT_TRUE(s.path().relayed()) << describe(s.path());
    EXPECT_GE(s.selected[0].at, begin + s.policy.acceptance_wait_relayed);
    EXPECT_TRUE(s.failed.empty());
  }
}

TEST(Punching, AddressDependentMappingsNeedAnOpenFilter) {
  constexpr NatKind address_dependent{.mapping = Depends::address, .filtering = Depends::address};
  auto lab = connected(address_dependent, address_dependent);
  lab.connect();
  ASSERT_FALSE(lab.run_until_selected(seconds{10}));
  constexpr NatKind open_filter{.mapping = Depends::address, .filtering = Depends::endpoint_independent};
  auto open = connected(open_filter, open_filter);
  open.connect();
  ASSERT_TRUE(open.run_until_selected(seconds{2}));
  EXPECT_TRUE(open.same_path());
}

TEST(Punching, UnsignalledHostIsFoundByItsEarlyChecks) {
  auto lab = connected(kNoNat, kNoNat);
  lab.gather();
  lab.sides[0].agent->set_remote_credentials(lab.sides[1].agent->local_credentials());
  lab.signal(0);
  lab.start();
  lab.run_for(milliseconds{100});
  EXPECT_FALSE(lab.sides[0].valid.empty());  // answered before the answer's credentials came
  EXPECT_FALSE(lab.sides[1].agent->selected());
  EXPECT_EQ(lab.sides[1].agent->counters().checks, 0u);
  lab.exchange_credentials();
  lab.drain(1);
  ASSERT_TRUE(lab.run_until_selected(milliseconds{100}));
  EXPECT_EQ(lab.sides[1].path().remote_type, CandidateType::peer_reflexive);
}

TEST(Punching, LostFirstChecksAreRepeated) {
  auto lab = connected(kRestricted, kRestricted);
  std::array<int, 2> left{4, 4};
  lab.drop = [&](const Packet& p) { return left[Lab::index(p.from)]-- > 0; };
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{3}));
  EXPECT_TRUE(lab.same_path());
  EXPECT_GT(lab.sides[0].agent->counters().retransmissions, 0u);
}

TEST(Punching, RegularNominationWaitsForABetterPair) {
  Lab lab({.policy = *find_policy("ice"), .relay = true});
  std::array<int, 2> left{2, 2};  // the host pair's first checks are lost, the relayed ones are not
  lab.drop = [&](const Packet& p) {
    const bool direct = p.source.address != kServer.address && p.destination.address != kServer.address;
    return direct && left[Lab::index(p.from)]-- > 0;
  };
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{10}));
  EXPECT_TRUE(lab.same_path());
  EXPECT_FALSE(lab.sides[0].path().relayed());
  EXPECT_TRUE(std::ranges::any_of(lab.sides[0].valid, [](const auto& v) { return v.event.path.relayed(); }));
}

TEST(Punching, OpenersLeaveFirstAndExpire) {
  auto policy = quick();
  policy.opener_ttl = 3;
  Lab lab({.nat = {kPortRestricted, kPortRestricted}, .policy = policy, .relay = true});
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  const auto& sent = lab.sides[0].sent;
  const auto is_opener = [](const Packet& p) { return p.ttl == 3; };
  EXPECT_EQ(std::ranges::count_if(sent, is_opener), 2);  // host and reflexive candidates, no relayed one
  EXPECT_TRUE(is_opener(sent[0]) && is_opener(sent[1]));
  EXPECT_EQ(sent[0].view().message_class(), stun::Class::indication);
  EXPECT_EQ(lab.sides[0].agent->counters().openers, 2u);
}

TEST(Punching, DirectWinsOverTheRelay) {
  auto lab = connected(kSymmetric, kRestricted, true);
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{10}));
  lab.run_for(seconds{10});
  EXPECT_TRUE(lab.same_path());
  for (const auto& s : lab.sides) EXPECT_FALSE(s.path().relayed()) << describe(s.path());
}

TEST(Punching, UnsignalledAllocationCountsAsRelayed) {
  auto lab = connected(kSymmetric, kNoNat, true);
  lab.gather();
  lab.exchange_credentials();
  lab.sides[0].agent->add_remote(lab.now, lab.sides[1].candidates[0]);
  lab.drop = [](const Packet& p) { return p.source.address != kServer.address && p.destination.address != kServer.address; };
  lab.start();
  ASSERT_TRUE(lab.run_until_selected(seconds{10}));
  EXPECT_EQ(lab.sides[1].path().remote_type, CandidateType::relayed);
  EXPECT_EQ(lab.sides[0].path().local_type, CandidateType::relayed);
}

TEST(Punching, RoundTripsOfManyRtoDoNotMakeAStorm) {
  for (const auto latency : {milliseconds{60}, milliseconds{150}, milliseconds{400}, milliseconds{900}}) {
    Lab lab({.nat = {kPortRestricted, kPortRestricted}, .policy = quick(), .latency = latency});
    lab.connect();
    ASSERT_TRUE(lab.run_until_selected(latency * 12)) << latency.count();
    const auto sent = lab.sides[0].sent.size() + lab.sides[1].sent.size();
    lab.run_for(seconds{4});
    EXPECT_LT(lab.sides[0].sent.size() + lab.sides[1].sent.size() - sent, 60u) << latency.count();
  }
}

}  // namespace
}  // namespace punchlab::ice::lab
