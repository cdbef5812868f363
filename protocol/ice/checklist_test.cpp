// Cases: the tables on their own.
//  1. Per foundation only the best pair waits; a success unfreezes the others; an idle foundation thaws its best.
//  2. Triggered pairs come first, in order, each once.
//  3. At the limit the lowest unchecked pair gives way to a better one, and a worse one is refused.
//  4. Redundant local candidates are refused; foundations are equal exactly for equal type, base address and server.
//  5. A server-reflexive address that is the host's own is redundant.
//  6. A candidate known from a check takes over what is signalled; duplicates and unusable ones are ignored.
//  7. Pair priority follows RFC 8445 section 6.1.2.3.
#include "protocol/ice/checklist.hpp"

#include <gtest/gtest.h>

#include "protocol/ice/candidates.hpp"

namespace punchlab::ice {
namespace {

Pair pair_of(std::uint8_t remote, std::uint16_t foundation, std::uint64_t priority) {
  Pair p;
  p.remote = remote;
  p.foundation = foundation;
  p.priority = priority;
  return p;
}

TEST(Checklist, FreezesByFoundation) {
  Checklist list(10);
  Pair& low = *list.add(pair_of(1, 7, 10));
  Pair& high = *list.add(pair_of(2, 7, 20));
  Pair& other = *list.add(pair_of(3, 8, 5));
  EXPECT_EQ(high.state, PairState::waiting);
  EXPECT_EQ(low.state, PairState::frozen);
  EXPECT_EQ(other.state, PairState::waiting);
  EXPECT_EQ(list.next(), &high);
  high.state = PairState::in_progress;
  EXPECT_EQ(list.next(), &other);
  other.state = PairState::in_progress;
  EXPECT_EQ(list.next(), nullptr);
  high.state = PairState::failed;
  EXPECT_EQ(list.next(), &low);  // its foundation is idle
  list.unfreeze(7);
  EXPECT_EQ(low.state, PairState::waiting);
}

TEST(Checklist, TriggeredPairsComeFirstAndOnce) {
  Checklist list(10);
  list.add(pair_of(1, 1, 30));
  Pair& b = *list.add(pair_of(2, 2, 20));
  Pair& c = *list.add(pair_of(3, 3, 10));
  list.trigger(c);
  list.trigger(b);
  list.trigger(c);
  EXPECT_EQ(list.next(), &c);
  list.take(c).state = PairState::in_progress;
  EXPECT_EQ(list.next(), &b);
  list.take(b).state = PairState::in_progress;
  EXPECT_EQ(list.next()->remote, 1);
}

TEST(Checklist, GivesTheLowestPlaceAwayAtTheLimit) {
  Checklist list(2);
  list.add(pair_of(1, 1, 10));
  list.add(pair_of(2, 2, 20));
  EXPECT_EQ(list.add(pair_of(3, 3, 5)), nullptr);
  EXPECT_NE(list.add(pair_of(4, 4, 15)), nullptr);
  EXPECT_EQ(list.find({}, 1), nullptr);
  for (auto& p : list.pairs()) p.state = PairState::in_progress;
  EXPECT_EQ(list.add(pair_of(5, 5, 99)), nullptr);
}

constexpr TransportAddress at(std::uint8_t last, std::uint16_t port) { return {IpAddress::v4(192, 0, 2, last), port}; }

TEST(Candidates, FoundationsGroupTypeBaseAndServer) {
  LocalCandidates local;
  const auto server = IpAddress::v4(192, 0, 2, 99);
  const auto a = local.add(CandidateType::host, {0}, at(1, 1), {});
  const auto b = local.add(CandidateType::host, {1}, at(1, 2), {});
  const auto c = local.add(CandidateType::host, {2}, at(2, 1), {});
  const auto d = local.add(CandidateType::server_reflexive, {0}, at(50, 1), server);
  const auto e = local.add(CandidateType::server_reflexive, {1}, at(50, 2), server);
  ASSERT_TRUE(a && b && c && d && e);
  EXPECT_EQ(a->foundation, b->foundation);
  EXPECT_NE(a->foundation, c->foundation);
  EXPECT_EQ(d->foundation, e->foundation);
  EXPECT_NE(a->foundation, d->foundation);
  EXPECT_GT(a->priority, b->priority);
  EXPECT_GT(c->priority, d->priority);
  EXPECT_EQ(d->base, at(1, 1));
}

TEST(Candidates, RedundantOnesAreRefused) {
  LocalCandidates local;
  EXPECT_TRUE(local.add(CandidateType::host, {0}, at(1, 1), {}));
  EXPECT_FALSE(local.add(CandidateType::host, {0}, at(1, 1), {}));
  EXPECT_FALSE(local.add(CandidateType::server_reflexive, {0}, at(1, 1), IpAddress::v4(1)));
  EXPECT_EQ(local.bases().size(), 1u);
  EXPECT_EQ(local.type_of({0}, at(1, 1)), CandidateType::host);
  EXPECT_EQ(local.type_of({0}, at(1, 2)), CandidateType::peer_reflexive);
}

TEST(Candidates, SignallingUpgradesWhatACheckTaught) {
  RemoteCandidates remote;
  const auto index = remote.learn(at(1, 1), priority_of(CandidateType::peer_reflexive, 1));
  ASSERT_TRUE(index);
  EXPECT_EQ(remote[*index].candidate.type, CandidateType::peer_reflexive);
  const Candidate signalled{.type = CandidateType::server_reflexive, .priority = 5, .address = at(1, 1)};
  EXPECT_EQ(remote.add(signalled).added, RemoteCandidates::Added::upgraded);
  EXPECT_EQ(remote[*index].candidate, signalled);
  EXPECT_EQ(remote.add(signalled).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote.add({.address = at(1, 0)}).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote.add({.component = 2, .address = at(1, 9)}).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote.add({.transport = Transport::tcp, .address = at(1, 9)}).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote[*remote.learn(at(2, 1), 0x00FFFFFF)].candidate.type, CandidateType::relayed);
}

TEST(PairPriority, OrdersAsTheRfcSays) {
  EXPECT_EQ(pair_priority(3, 5), (std::uint64_t{3} << 32) + 10);
  EXPECT_EQ(pair_priority(5, 3), (std::uint64_t{3} << 32) + 11);
}

}  // namespace
}  // namespace punchlab::ice
