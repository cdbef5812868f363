// A recording as bytes, for trials that cannot be run again:
//  1. Every part of it comes back: events, both tables of each, finding, paths, what was left out; so does what explain
//     says, whichever side's gateway dropped, and however deep in a chain it stands.
//  2. Each byte less and each byte more is refused, and random changes never do more than that.
//  3. Bytes of another trial, or of a row that was changed since, are refused; so are gateways that are not there.
//  4. A recording with a limit keeps the first events, counts the others, and changes nothing about the trial.
//  5. What streams say reaches the trial too: where UDP is blocked, the recorded trial is the plain one.
#include "sim/explain/recording_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/explain/listing.hpp"
#include "sim/explain/sentence.hpp"
#include "sim/memory/memory_world.hpp"

namespace punchlab::explain {
namespace {

using results::Outcome;

nat::Profile home(nat::Dependence mapping) {
  nat::Profile p;
  p.name = "home";
  p.port_allocation = nat::PortAllocation::random;
  p.mapping = mapping;
  p.unsolicited_creates_state = true;
  return p;
}

trial::Cell relayed_cell() {
  trial::Cell c;
  c.client.nats = c.connector.nats = {home(nat::Dependence::address_and_port_dependent)};
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

/// Behind a NAT whose mapping varies and a chain that filters: the connector's gateways drop. Not a clash: they make no
/// state of what comes uninvited.
trial::Cell dropped_by_connector(std::size_t gateways) {
  auto c = relayed_cell();
  auto filters = home(nat::Dependence::endpoint_independent);
  filters.unsolicited_creates_state = false;
  c.connector.nats.assign(gateways, filters);
  return c;
}

void expect_same(const Recording& again, const Recording& r) {
  EXPECT_TRUE(again.finding == r.finding);
  EXPECT_TRUE(again.path_changes == r.path_changes);
  EXPECT_EQ(again.origin, r.origin);
  EXPECT_EQ(again.left_out, r.left_out);
  ASSERT_EQ(again.events.size(), r.events.size());
  for (std::size_t i = 0; i < r.events.size(); ++i) ASSERT_TRUE(again.events[i] == r.events[i]) << i;
  EXPECT_EQ(sentence(again), sentence(r));
  EXPECT_EQ(listing(again, journeys(again), {.all = true}), listing(r, journeys(r), {.all = true}));
}

TEST(RecordingBytes, ComeBackWhole) {  // case 1
  auto r = recorded(relayed_cell());
  r.left_out = 7;
  r.path_changes.push_back({r.origin, trial::HostId::connector, PathKind::direct});
  ASSERT_GT(r.events.size(), 50U);
  auto again = known_of(r);
  ASSERT_EQ(from_bytes(to_bytes(r), again), std::nullopt);
  expect_same(again, r);
}

TEST(RecordingBytes, SayWhoseGatewayDropped) {  // case 1
  for (const std::size_t gateways : {1U, 3U}) {
    const auto r = recorded(dropped_by_connector(gateways));
    ASSERT_EQ(r.record.outcome, Outcome::relayed);
    ASSERT_EQ(r.finding.dropped_by, trial::HostId::connector);
    ASSERT_EQ(r.finding.gateway, gateways - 1) << "the outermost";
    auto again = known_of(r);
    ASSERT_EQ(from_bytes(to_bytes(r), again), std::nullopt);
    expect_same(again, r);
    EXPECT_THAT(sentence(again),
                testing::HasSubstr(gateways == 1 ? "the connector's NAT dropped" : "the connector's NAT 3 dropped"));
  }
}

/// No field of a finding is what a new one has.
TEST(RecordingBytes, KeepEveryFieldOfAFinding) {  // case 1
  auto r = recorded(dropped_by_connector(2));
  const auto at = [](std::uint8_t last) { return TransportAddress{IpAddress::v4(192, 0, 2, last), last}; };
  r.finding = {trial::ReasonCode::clash, trial::HostId::relay, 1, at(1), at(2), at(3), at(4), Time{Duration{5}}, 6,
               trial::HostId::connector, Duration{7}};
  auto again = known_of(r);
  ASSERT_EQ(from_bytes(to_bytes(r), again), std::nullopt);
  EXPECT_TRUE(again.finding == r.finding);
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
  auto deeper = recorded(dropped_by_connector(1));
  deeper.finding.gateway = 2;
  auto finding = known_of(deeper);
  EXPECT_EQ(from_bytes(to_bytes(deeper), finding), "it names gateways that the trial does not have");
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
