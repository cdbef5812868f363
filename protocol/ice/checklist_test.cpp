// Cases: the tables on their own.
//  1. Per foundation only the best pair waits; a success unfreezes the others; an idle foundation thaws its best.
//  2. Triggered pairs come first, in order, each once.
//  3. At the limit the lowest unchecked pair gives way to a better one, and a worse one is refused.
//  4. Redundant local candidates are refused; foundations are equal exactly for equal type, base address and server.
//  5. A server-reflexive address that is the host's own is redundant.
//  6. A candidate known from a check takes over what is signalled; duplicates and unusable ones are ignored.
//  7. Pair priority follows RFC 8445 section 6.1.2.3.
//  8. Direct pairs leave a quarter of the places to relayed ones.
//  9. A learned pair that failed gives way at the limit; a signalled, valid or triggered one does not.
// 10. What is signalled has room however much was learned; what is learned over an allocation has room of its own.
// 11. A learned candidate is replaced only when old and expendable; a signalled one never.
// 12. Upgrading a learned candidate gives it a foundation number that no later one shares.
// 13. A withdrawn remote candidate leaves its place and its foundation number to the next; a base's second relayed candidate
//     takes the place of the first.
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

TEST(Checklist, KeepsPlacesForRelayedPairs) {
  Checklist list(8);
  for (std::uint8_t i = 0; i < 8; ++i)
    if (auto* p = list.add(pair_of(i, i, 100u + i))) p->state = PairState::in_progress;
  EXPECT_EQ(list.pairs().size(), 6u);
  for (std::uint8_t i = 10; i < 13; ++i) {
    Pair relayed = pair_of(i, i, 1);
    relayed.relayed_remote = true;
    EXPECT_EQ(list.add(relayed) != nullptr, i < 12);
  }
}

TEST(Checklist, GivesThePlaceOfAFailedLearnedPairAway) {
  Checklist list(3);
  for (std::uint8_t i = 0; i < 3; ++i) {
    Pair& p = *list.add(pair_of(i, i, 50));
    p.learned = i != 0;
    p.state = PairState::failed;
  }
  list.trigger(*list.find({}, 1));
  EXPECT_FALSE(list.expendable(1));
  EXPECT_NE(list.add(pair_of(7, 7, 1)), nullptr);
  EXPECT_EQ(list.find({}, 2), nullptr);
  list.untrigger(*list.find({}, 1));
  list.find({}, 1)->valid = true;
  EXPECT_EQ(list.add(pair_of(8, 8, 1)), nullptr);
  list.vacate(7);
  EXPECT_EQ(list.find({}, 7), nullptr);
  EXPECT_NE(list.add(pair_of(8, 8, 1)), nullptr);
  EXPECT_EQ(list.pairs().size(), 3u);
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
  const auto index = remote.learn(kTimeOrigin, at(1, 1), priority_of(CandidateType::peer_reflexive, 1), false);
  ASSERT_TRUE(index);
  EXPECT_EQ(remote[*index].candidate.type, CandidateType::peer_reflexive);
  const Candidate signalled{.type = CandidateType::server_reflexive, .priority = 5, .address = at(1, 1)};
  EXPECT_EQ(remote.add(signalled).added, RemoteCandidates::Added::upgraded);
  EXPECT_EQ(remote[*index].candidate, signalled);
  EXPECT_EQ(remote.add(signalled).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote.add({.address = at(1, 0)}).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote.add({.component = 2, .address = at(1, 9)}).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote.add({.transport = Transport::tcp, .address = at(1, 9)}).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote[*remote.learn(kTimeOrigin, at(2, 1), 0x00FFFFFF, false)].candidate.type, CandidateType::relayed);
}

constexpr std::uint32_t kFromSocket = priority_of(CandidateType::peer_reflexive, 1);

std::size_t learn_many(RemoteCandidates& remote, std::uint16_t first_port, bool over_relay) {
  std::size_t learned = 0;
  for (std::uint16_t i = 0; i < 100; ++i)
    learned += remote.learn(kTimeOrigin, at(9, static_cast<std::uint16_t>(first_port + i)), kFromSocket, over_relay) ? 1 : 0;
  return learned;
}

TEST(Candidates, SignalledOnesHaveRoomHoweverMuchIsLearned) {
  RemoteCandidates remote;
  EXPECT_EQ(learn_many(remote, 1000, false), kMaxLearnedDirect);
  EXPECT_EQ(learn_many(remote, 2000, true), kMaxLearnedRelayed);
  for (std::uint16_t port = 1; port <= kMaxRemoteCandidates; ++port)
    EXPECT_EQ(remote.add({.address = at(1, port)}).added, RemoteCandidates::Added::created);
  EXPECT_EQ(remote.add({.address = at(1, 99)}).added, RemoteCandidates::Added::ignored);
  EXPECT_EQ(remote.signalled(), kMaxRemoteCandidates);
}

TEST(Candidates, OnlyOldExpendableLearnedOnesAreReplaced) {
  RemoteCandidates remote;
  remote.add({.address = at(1, 1)});
  learn_many(remote, 1000, false);
  const auto find = [&](Time now, std::uint8_t kept) {
    return remote.replaceable(now, at(2, 2), kFromSocket, false, [=](auto i) { return i != kept; });
  };
  EXPECT_FALSE(find(kTimeOrigin, 99));
  const Time later = kTimeOrigin + kLearnedLifetime;
  EXPECT_EQ(find(later, 99), 1);  // 0 is signalled
  EXPECT_EQ(find(later, 1), 2);
  EXPECT_FALSE(remote.replaceable(later, at(2, 2), kFromSocket, true, [](auto) { return true; })) << "not for the other room";
  remote.put_learned(1, later, at(2, 2), kFromSocket, false);
  EXPECT_EQ(find(later, 99), 2);
  EXPECT_EQ(remote[1].candidate.address, at(2, 2));
}

TEST(Candidates, FoundationNumbersAreNotShared) {
  RemoteCandidates remote;
  remote.learn(kTimeOrigin, at(1, 1), kFromSocket, false);
  remote.add({.foundation = {{'a'}}, .address = at(1, 1)});
  remote.add({.foundation = {{'b'}}, .address = at(1, 2)});
  remote.add({.foundation = {{'a'}}, .address = at(1, 3)});
  EXPECT_NE(remote[0].foundation, remote[1].foundation);
  EXPECT_EQ(remote[0].foundation, remote[2].foundation);
}

TEST(Candidates, WithdrawnOnesLeaveTheirPlace) {
  RemoteCandidates remote;
  for (std::uint16_t port = 1; port <= 3; ++port)
    remote.add({.foundation = {{static_cast<char>('a' + port)}}, .address = at(1, port)});
  EXPECT_EQ(remote.withdraw(at(1, 2)), 1);
  EXPECT_FALSE(remote.withdraw(at(1, 2)));
  EXPECT_EQ(remote.signalled(), 2u);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(remote.add({.foundation = {{'z'}}, .address = at(2, 2)}).index, 1);
    EXPECT_NE(remote[1].foundation, remote[0].foundation);
    EXPECT_NE(remote[1].foundation, remote[2].foundation);
    remote.withdraw(at(2, 2));
  }
  EXPECT_EQ(remote.size(), 3u);
}

TEST(Candidates, ABaseHasOneRelayedCandidate) {
  LocalCandidates local;
  const auto server = IpAddress::v4(192, 0, 2, 99);
  const auto first = local.add(CandidateType::relayed, {4}, at(7, 1), server);
  for (std::uint16_t port = 2; port < 100; ++port) {
    const auto next = local.add(CandidateType::relayed, {4}, at(7, port), server);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->foundation, first->foundation);
    EXPECT_EQ(next->priority, first->priority);
  }
  EXPECT_EQ(local.bases().size(), 1u);
}

TEST(PairPriority, OrdersAsTheRfcSays) {
  EXPECT_EQ(pair_priority(3, 5), (std::uint64_t{3} << 32) + 10);
  EXPECT_EQ(pair_priority(5, 3), (std::uint64_t{3} << 32) + 11);
}

}  // namespace
}  // namespace punchlab::ice
