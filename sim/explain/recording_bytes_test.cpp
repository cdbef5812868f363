// A recording as bytes, for trials that cannot be run again:
//  1. Every part of it comes back: events, both tables of each, finding, paths, what was left out.
//  2. Each byte less and each byte more is refused, and random changes never do more than that.
//  3. Bytes of another trial, or of a row that was changed since, are refused; so are gateways that are not there.
//  4. A recording with a limit keeps the first events, counts the others, and changes nothing about the trial.
//  5. What streams say reaches the trial too: where UDP is blocked, the recorded trial is the plain one.
#include "sim/explain/recording_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/explain/listing.hpp"
#include "sim/memory/memory_world.hpp"

namespace punchlab::explain {
namespace {

using results::Outcome;

trial::Cell relayed_cell() {
  trial::Cell c;
  nat::Profile p;
  p.name = "home";
  p.port_allocation = nat::PortAllocation::random;
  p.mapping = nat::Dependence::address_and_port_dependent;
  p.unsolicited_creates_state = true;
  c.client.nats = c.connector.nats = {p};
  c.policy = *find_policy("relay-first");
  c.session = false;
  return c;
}

Recording recorded(const trial::Cell& c, const RecordOptions& options = {}) {
  const auto world = memory::make_memory_world();
  return record(*world, c, trial::Identities(1), 1, 0, options);
}

/// What a run folder has of the trial.
Recording known_of(const Recording& r) {
  Recording known;
  known.cell = r.cell;
  known.topology = r.topology;
  known.seed = r.seed;
  known.record = r.record;
  return known;
}

TEST(RecordingBytes, ComeBackWhole) {  // case 1
  auto r = recorded(relayed_cell());
  r.left_out = 7;
  r.path_changes.push_back({r.origin, trial::HostId::connector, PathKind::direct});
  ASSERT_GT(r.events.size(), 50U);
  auto again = known_of(r);
  ASSERT_EQ(from_bytes(to_bytes(r), again), std::nullopt);
  EXPECT_EQ(to_bytes(again), to_bytes(r));
  EXPECT_EQ(again.left_out, 7U);
  EXPECT_EQ(again.path_changes.back().path, PathKind::direct);
  EXPECT_EQ(again.origin, r.origin);
  EXPECT_EQ(again.finding.observed, r.finding.observed);
  ASSERT_EQ(again.events.size(), r.events.size());
  for (std::size_t i = 0; i < r.events.size(); ++i) {
    ASSERT_EQ(again.events[i].packet, r.events[i].packet);
    ASSERT_TRUE(again.events[i].before == r.events[i].before && again.events[i].after == r.events[i].after) << i;
  }
  EXPECT_EQ(listing(again, journeys(again), {.all = true}), listing(r, journeys(r), {.all = true}));
}

TEST(RecordingBytes, RefuseWhatIsNotWhole) {  // case 2
  auto r = recorded(relayed_cell());
  r.events.resize(20);
  const auto bytes = to_bytes(r);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto again = known_of(r);
    ASSERT_NE(from_bytes(Bytes{bytes}.first(size), again), std::nullopt) << size;
  }
  auto longer = bytes;
  longer.push_back(0);
  auto again = known_of(r);
  EXPECT_EQ(from_bytes(longer, again), "it is not whole");
  SeededRng rng({.seed = 1, .cell = 0, .trial = 0, .purpose = purpose_of("bytes")});
  for (int i = 0; i < 5'000; ++i) {
    auto changed = bytes;
    changed[rng.below(changed.size())] = static_cast<std::uint8_t>(rng.next());
    auto other = known_of(r);
    if (from_bytes(changed, other)) continue;
    EXPECT_FALSE(listing(other, journeys(other), {}).empty());
  }
}

TEST(RecordingBytes, RefuseAnotherTrial) {  // case 3
  const auto r = recorded(relayed_cell());
  auto other = known_of(r);
  other.record.outcome = Outcome::direct;
  EXPECT_EQ(from_bytes(to_bytes(r), other), "it is of another trial, or the trial's row was changed");
  auto outer = r;
  outer.events.front().gateway = 2;
  auto place = known_of(r);
  EXPECT_EQ(from_bytes(to_bytes(outer), place), "it names gateways that the trial does not have");
}

TEST(Recorder, KeepsALimit) {  // case 4
  const auto whole = recorded(relayed_cell());
  const auto part = recorded(relayed_cell(), {.most = 20'000});
  EXPECT_EQ(part.record, whole.record);
  EXPECT_GT(part.events.size(), 10U);
  EXPECT_LT(part.events.size(), 20'000 / sizeof(Event));
  EXPECT_EQ(part.left_out, whole.events.size() - part.events.size());
  EXPECT_THAT(listing(part, journeys(part), {}), testing::HasSubstr("later events were not kept"));
}

TEST(Recorder, PassesStreamsOn) {  // case 5
  auto c = relayed_cell();
  c.client.nats[0].udp_blocked = true;
  const auto world = memory::make_memory_world();
  const trial::Identities identities(1);
  const auto topology = trial::draw_topology(c, 1, 0);
  trial::Trial trial(c, topology, identities, 1, 0);
  const auto plain = trial.record(world->run(topology, trial, trial.until(), {}));
  ASSERT_EQ(plain.outcome, Outcome::relayed) << "over TCP to the relay";
  EXPECT_EQ(recorded(c).record, plain);
}

}  // namespace
}  // namespace punchlab::explain
