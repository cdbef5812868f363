// Cases: two mappings that vary by destination address and port, one filter open to all. Each check shows the other side
// a new source, and each new source is checked: what is learned so must not take the place of what works.
//  1. With patient policies the relay carries data in the end, on one path, within the first seconds.
//  2. No side checks without end: after the relay is selected the sources that are still learned are bounded by time.
//  3. A peer whose checks come from 200 sources, all authentic: the relayed candidate that it tells afterwards
//     carries data.
#include "protocol/ice/candidates.hpp"
#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

constexpr NatKind kVaryingOpen{.mapping = Depends::address_and_port, .filtering = Depends::endpoint_independent};
constexpr NatKind kVaryingByAddress{.mapping = Depends::address_and_port, .filtering = Depends::address};

class LearnedFlood : public testing::TestWithParam<const char*> {};

TEST_P(LearnedFlood, LeavesRoomForTheRelay) {
  for (const bool swapped : {false, true}) {
    LabOptions options{.policy = *find_policy(GetParam()), .relay = true};
    options.nat = swapped ? std::array{kVaryingByAddress, kVaryingOpen} : std::array{kVaryingOpen, kVaryingByAddress};
    Lab lab(options);
    lab.connect();
    EXPECT_TRUE(lab.run_until_selected(seconds{15})) << GetParam();
    lab.run_for(seconds{1});
    ASSERT_TRUE(lab.both_selected());
    EXPECT_TRUE(lab.same_path());
    EXPECT_TRUE(lab.sides[0].path().relayed());
  }
}

TEST_P(LearnedFlood, IsBoundedByTime) {
  Lab lab({.nat = {kVaryingOpen, kVaryingByAddress}, .policy = *find_policy(GetParam()), .relay = true});
  lab.connect();
  lab.run_for(seconds{60});
  for (const auto& side : lab.sides) {
    std::set<TransportAddress> destinations;
    for (const auto& p : side.sent) destinations.insert(p.destination);
    EXPECT_LE(destinations.size(), 10u + 7u * (kMaxLearnedDirect + kMaxLearnedRelayed)) << GetParam();
    EXPECT_TRUE(side.lost.empty());
  }
}
INSTANTIATE_TEST_SUITE_P(Policies, LearnedFlood, testing::Values("relay-first", "ice", "libwebrtc", "libnice", "libjuice", "pion"));

TEST(LearnedFloodOfOneSide, KeepsRoomForWhatIsSignalled) {
  Lab lab({.policy = *find_policy("ice"), .relay = true});
  lab.gather();
  lab.exchange_credentials();
  auto& agent = *lab.sides[0].agent;
  agent.start(lab.now, lab.now);
  lab.drop = [](const Packet& p) { return p.source.address != kServer.address && p.destination.address != kServer.address; };
  const stun::IntegrityKey local = stun::IntegrityKey::short_term(password_of(lab.sides[1].agent->local_credentials()));
  const stun::IntegrityKey remote = stun::IntegrityKey::short_term(password_of(agent.local_credentials()));
  const CheckContext context{&lab.sides[1].agent->local_credentials(), ufrag_of(agent.local_credentials()), &local, &remote, 1};
  for (std::uint16_t port = 1; port <= 200; ++port) {
    std::array<std::uint8_t, kMaxDatagram> buffer;
    CheckTransaction check{.role = Role::controlled, .open = true};
    check.id[0] = static_cast<std::uint8_t>(port);
    const auto size = write_check(context, check, priority_of(CandidateType::peer_reflexive, 1), buffer);
    agent.handle_stun(lab.now, kSocket, {IpAddress::v4(203, 0, 113, 77), port}, *stun::MessageView::parse({buffer.data(), size}));
    lab.drain(0);
    lab.run_for(milliseconds{300});
  }
  EXPECT_EQ(agent.counters().of(Verdict::check_answered), 200u);
  EXPECT_GT(agent.counters().candidates_ignored, 0u);
  lab.signal(0);
  lab.signal(1);
  lab.sides[1].agent->start(lab.now, lab.now);
  lab.drain(1);
  EXPECT_TRUE(lab.run_until_selected(seconds{20}));
  EXPECT_TRUE(lab.same_path());
  EXPECT_TRUE(lab.sides[0].path().relayed());
}

}  // namespace
}  // namespace punchlab::ice::lab
