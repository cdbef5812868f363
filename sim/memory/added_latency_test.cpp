// Added latency:
//  1. On plain links it is 0 to the nanosecond on the direct path, and over the relay what the detour's law says (the
//     framing of a relayed packet takes less than 2 us), also where ways are asymmetric.
//  2. Jitter of the access links makes none on either path; that of the relay's link does.
//  3. Over a medium without a fixed latency a relayed trial has the detour's; not when data went over a stream.
//  4. The trial's own direct probes are the reference where there are any.
#include "sim/trial/added_latency.hpp"

#include <gtest/gtest.h>

#include "sim/memory/memory_world.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::memory {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

const link::Distribution kJitter{link::Distribution::Kind::exponential, 0.005, 0};

/// Direct, unless mappings vary. One-way: client 10 ms, connector 15 ms, relay 20 ms.
trial::Cell cell_of(nat::Dependence mapping) {
  nat::Profile profile;
  profile.mapping = mapping;
  profile.filtering = nat::Dependence::address_and_port_dependent;
  profile.port_allocation = nat::PortAllocation::random;
  profile.on_collision = nat::OnCollision::random;
  trial::Cell cell;
  cell.client.nats = {profile};
  cell.connector.nats = {profile};
  cell.connector.access.latency = link::Distribution::constant(0.015);
  cell.relay.latency = link::Distribution::constant(0.020);
  cell.policy = *find_policy("relay-first");
  cell.traffic.probes = 20;
  return cell;
}

trial::Cell direct_cell() { return cell_of(nat::Dependence::endpoint_independent); }
trial::Cell relayed_cell() { return cell_of(nat::Dependence::address_and_port_dependent); }

results::TrialRecord run(const trial::Cell& cell, std::uint64_t number = 0) {
  static const trial::Identities identities(1);
  const auto world = make_memory_world();
  const auto topology = trial::draw_topology(cell, 1, number);
  trial::Trial trial(cell, topology, identities, 1, number);
  return trial.record(world->run(topology, trial, trial.until(), {}));
}

TEST(AddedLatency, IsTheDetourOfPlainLinks) {
  auto asymmetric = relayed_cell();
  asymmetric.client.access.up_latency = link::Distribution::constant(0.060);
  for (const auto& cell : {relayed_cell(), asymmetric}) {
    const auto relayed = run(cell);
    ASSERT_EQ(relayed.outcome, results::Outcome::relayed);
    const auto law = trial::relay_detour(cell, trial::draw_topology(cell, 1, 0));
    ASSERT_TRUE(relayed.added_latency && law);
    EXPECT_GE(*law, milliseconds{80});
    EXPECT_GE(*relayed.added_latency, *law);
    EXPECT_LE(*relayed.added_latency, *law + microseconds{2});
  }
  const auto direct = run(direct_cell());
  ASSERT_EQ(direct.outcome, results::Outcome::direct);
  EXPECT_EQ(direct.added_latency, Duration{0});
}

TEST(AddedLatency, IsNotMadeByJitterThatBothRoutesHave) {
  for (std::uint64_t i = 0; i < 5; ++i) {
    auto direct = direct_cell(), relayed = relayed_cell();
    direct.client.access.jitter = relayed.client.access.jitter = kJitter;
    const auto record = run(direct, i);
    ASSERT_EQ(record.outcome, results::Outcome::direct);
    EXPECT_GT(*record.rtt_direct, milliseconds{52}) << "control: there is jitter";
    EXPECT_EQ(record.added_latency, Duration{0});
    const auto over_relay = run(relayed, i);
    EXPECT_GT(*over_relay.rtt_relayed, milliseconds{132}) << "control";
    EXPECT_EQ(over_relay.added_latency, trial::relay_detour(relayed, trial::draw_topology(relayed, 1, i)));
    relayed.client.access.jitter = link::Distribution::constant(0);
    relayed.relay.jitter = kJitter;
    EXPECT_GT(*run(relayed, i).added_latency, milliseconds{82});
  }
}

TEST(AddedLatency, OfAMediumWithoutAFixedLatency) {
  for (const auto medium : {trial::Medium::wifi, trial::Medium::bottleneck}) {
    auto cell = relayed_cell();
    cell.client.access.medium = medium;
    const auto topology = trial::draw_topology(cell, 1, 0);
    EXPECT_EQ(trial::direct_round_trip(cell, topology), std::nullopt);
    trial::TakenPath taken{milliseconds{143}, std::nullopt, false, true};
    const auto added = trial::added_latency(cell, topology, taken);
    ASSERT_TRUE(added);
    EXPECT_EQ(*added / milliseconds{1}, 80);
    taken.datagrams = false;
    EXPECT_EQ(trial::added_latency(cell, topology, taken), std::nullopt);
    taken.rtt_direct = milliseconds{60};
    EXPECT_EQ(trial::added_latency(cell, topology, taken), milliseconds{83});
    taken = {milliseconds{60}, milliseconds{60}, true, true};
    EXPECT_EQ(trial::added_latency(cell, topology, taken), Duration{0});
    taken.round_trip = std::nullopt;
    EXPECT_EQ(trial::added_latency(cell, topology, taken), std::nullopt);
    cell.relay.medium = medium;
    EXPECT_EQ(trial::relay_detour(cell, trial::draw_topology(cell, 1, 0)), std::nullopt);
  }
}

}  // namespace
}  // namespace punchlab::memory
