// Two plain agents and a relay over an in-memory network, 10 ms between any two hosts. Their caller carries credentials
// and candidates between them at once.
//  1. With everything open: host, reflexive-redundant and relayed candidates are told, a direct pair is selected at
//     both, data crosses it both ways and is reported as direct.
//  2. With the direct way cut: relayed at both, data crosses the relay, also from a side without an allocation.
//  3. Only relayed candidates when asked for: nothing else is told.
//  4. Credentials of other lengths than ours are used; empty ones and too long ones are refused.
//  5. Without servers, gathering ends at once.
//  6. A relay that refuses the credential: gathering ends without a relayed candidate, direct still works.
//  7. A delay of relayed checks: where a direct pair stands sooner nothing passes the allocations, which it does
//     without the delay; where direct is cut, relayed checks begin after it.
//  8. A TURN server over TCP: relayed from a side that has no UDP at all, with bytes cut anywhere, until the stream
//     ends; one that cannot be opened leaves the direct way.
#include <gmock/gmock.h>

#include "protocol/agent/plain_agent_lab.hpp"

namespace punchlab::agent::lab {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

TEST_F(PlainPair, SelectsADirectPairAndCarriesData) {
  for (const std::size_t i : {0U, 1U}) make(i, servers());
  connect();
  run(2s);
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(peers[i].path, PathKind::direct);
    EXPECT_THAT(peers[i].told, ElementsAre(ice::CandidateType::host, ice::CandidateType::relayed));
    EXPECT_TRUE(peers[i].agent->gathered());
    say(i);
  }
  run(100ms);
  EXPECT_THAT(peers[0].received_on, ElementsAre(PathKind::direct));
  EXPECT_THAT(peers[1].received_on, ElementsAre(PathKind::direct));
}

TEST_F(PlainPair, GoesThroughTheRelayWhereDirectIsCut) {
  make(0, servers());
  make(1, {.stun = kRelay});
  cut_direct = true;
  connect();
  run(8s);
  for (const std::size_t i : {0U, 1U}) {
    ASSERT_EQ(peers[i].path, PathKind::relayed);
    say(i);
  }
  run(200ms);
  EXPECT_THAT(peers[0].received_on, ElementsAre(PathKind::relayed));
  EXPECT_THAT(peers[1].received_on, ElementsAre(PathKind::relayed));
}

TEST_F(PlainPair, TellsOnlyRelayedCandidatesWhenAskedTo) {
  for (const std::size_t i : {0U, 1U}) {
    auto config = servers();
    config.relayed_only = true;
    make(i, config);
  }
  connect();
  run(8s);
  for (const auto& peer : peers) {
    EXPECT_THAT(peer.told, ElementsAre(ice::CandidateType::relayed));
    EXPECT_EQ(peer.path, PathKind::relayed);
  }
}

TEST_F(PlainPair, TakesCredentialsOfOtherLengths) {
  make(0, servers());
  const std::string longest(ice::kMaxUfrag, 'u');
  EXPECT_TRUE(peers[0].agent->set_remote_credentials(now, "abcd", std::string(22, 'p')));
  EXPECT_TRUE(peers[0].agent->set_remote_credentials(now, longest, std::string(256, 'p')));
  EXPECT_FALSE(peers[0].agent->set_remote_credentials(now, longest + "u", "password"));
  EXPECT_FALSE(peers[0].agent->set_remote_credentials(now, "", "password"));
  EXPECT_FALSE(peers[0].agent->set_remote_credentials(now, "abcd", ""));
}

TEST_F(PlainPair, WithoutServersGatheringEndsAtOnce) {
  for (const std::size_t i : {0U, 1U}) make(i, {});
  connect();
  EXPECT_TRUE(peers[0].agent->gathered());
  run(1s);
  EXPECT_EQ(peers[0].path, PathKind::direct);
}

TEST_F(PlainPair, ARefusedCredentialLeavesTheDirectWay) {
  make(0, servers("wrong"));
  make(1, servers());
  connect();
  run(2s);
  EXPECT_TRUE(peers[0].agent->gathered());
  EXPECT_THAT(peers[0].told, Not(Contains(ice::CandidateType::relayed)));
  EXPECT_EQ(peers[0].path, PathKind::direct);
}

TEST_F(PlainPair, ReachesItsTurnServerOverTcp) {
  make(0, servers("password", Transport::tcp));
  make(1, {.stun = kRelay});
  udp_blocked = true;
  connect();
  run(8s);
  EXPECT_THAT(peers[0].told, ElementsAre(ice::CandidateType::host, ice::CandidateType::relayed));
  for (const std::size_t i : {0U, 1U}) {
    ASSERT_EQ(peers[i].path, PathKind::relayed) << i;
    say(i);
  }
  run(200ms);
  for (const auto& peer : peers) EXPECT_THAT(peer.received_on, ElementsAre(PathKind::relayed));
  close_stream();
  run(60s);
  EXPECT_EQ(peers[0].path, PathKind::none);
}
TEST_F(PlainPair, AStreamThatCannotBeOpenedLeavesTheDirectWay) {
  make(0, servers("password", Transport::tcp));
  make(1, servers());
  refuse_streams = true;
  connect();
  run(2s);
  EXPECT_THAT(peers[0].told, Not(Contains(ice::CandidateType::relayed)));
  for (const auto& peer : peers) EXPECT_TRUE(peer.agent->gathered() && peer.path == PathKind::direct);
}

TEST_F(PlainPair, RelayedChecksWaitForTheDirectOnes) {
  direct_latency = 100ms;
  policy.relayed_check_delay = 500ms;
  for (const std::size_t i : {0U, 1U}) make(i, servers());
  connect();
  run(3s);
  EXPECT_EQ(peers[1].path, PathKind::direct);
  EXPECT_EQ(first_relayed, kNever);
}

TEST_F(PlainPair, RelayedChecksLeaveAtOnceWithoutADelay) {
  direct_latency = 100ms;
  for (const std::size_t i : {0U, 1U}) make(i, servers());
  connect();
  run(3s);
  EXPECT_NE(first_relayed, kNever);
}

TEST_F(PlainPair, RelayedChecksBeginAfterTheDelay) {
  policy.relayed_check_delay = 500ms;
  for (const std::size_t i : {0U, 1U}) make(i, servers());
  cut_direct = true;
  connect();
  run(8s);
  EXPECT_EQ(peers[1].path, PathKind::relayed);
  EXPECT_GE(first_relayed, kTimeOrigin + 500ms);
  EXPECT_LT(first_relayed, kTimeOrigin + 700ms);
}

}  // namespace
}  // namespace punchlab::agent::lab
