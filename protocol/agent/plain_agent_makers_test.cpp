// A plain agent and a peer of another maker, which does what ours would not.
//  1. With a delay of relayed checks, a peer that checks and nominates a relayed pair sooner is not answered: both become direct
//     without a detour, which is there without the delay. Where direct is cut, it is answered after the delay; at once
//     when neither side has anything but relayed candidates. Candidates later than the delay change nothing.
//  2. A peer of another maker, whose checks from its allocation say "peer-reflexive", comes before its candidates:
//     relayed from the beginning where the relay is one's own STUN or TURN server; else said so once it is told.
#include <gmock/gmock.h>

#include "protocol/agent/plain_agent_lab.hpp"

namespace punchlab::agent::lab {
namespace {

using testing::Each;
using testing::ElementsAre;

class ForeignPeer : public PlainPair {
 protected:
  ForeignPeer() {
    cut_direct = foreign = true;
    signalling = 3s;
    policy.acceptance_wait_relayed = 100ms;
  }
  void meet(const PlainConfig& known) {
    make(0, known);
    make(1, servers());
    connect();
    run(2s);
  }
};

TEST_F(ForeignPeer, IsRelayedFromTheBeginningOverTheStunServer) {
  meet({.stun = kRelay});
  EXPECT_THAT(peers[0].paths, ElementsAre(PathKind::relayed));
}

TEST_F(ForeignPeer, IsRelayedFromTheBeginningOverTheTurnServer) {
  auto known = servers();
  known.stun.reset();
  meet(known);
  EXPECT_THAT(peers[0].paths, Each(PathKind::relayed));
  EXPECT_FALSE(peers[0].paths.empty());
}

TEST_F(ForeignPeer, OverAnotherRelayIsRelayedOnceItIsTold) {
  meet({});
  EXPECT_THAT(peers[0].paths, ElementsAre(PathKind::direct));
  run(3s);
  EXPECT_THAT(peers[0].paths, ElementsAre(PathKind::direct, PathKind::relayed));
}

class HastyPeer : public PlainPair {
 protected:
  HastyPeer() {
    direct_latency = 150ms;
    hasty.acceptance_wait_relayed = 0ms;
    policy.relayed_check_delay = 500ms;
  }
  void meet(bool relayed_only = false) {
    auto config = servers();
    config.relayed_only = relayed_only;
    make(1, config);
    config.policy = &hasty;
    make(0, config);
    connect();
  }
};

TEST_F(HastyPeer, IsNotAnsweredOverTheRelay) {
  meet();
  run(290ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::none);
  run(500ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::direct);
}

TEST_F(HastyPeer, IsAnsweredWithoutTheDelay) {
  policy.relayed_check_delay = 0ms;
  meet();
  run(290ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::relayed);
}

TEST_F(HastyPeer, IsAnsweredAfterTheDelay) {
  cut_direct = true;
  meet();
  run(500ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::none);
  run(3s);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::relayed);
}

TEST_F(HastyPeer, IsNotAnsweredWhenCandidatesComeLate) {
  signalling = 600ms;
  meet();
  run(890ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::none);
  run(500ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::direct);
}

TEST_F(HastyPeer, IsAnsweredAtOnceWhereAllIsRelayed) {
  meet(true);
  run(400ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::relayed);
}

}  // namespace
}  // namespace punchlab::agent::lab
