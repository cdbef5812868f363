// What the lab writes down of a trial over real stacks. Needs user namespaces.
//  1. Every event belongs to a packet, each packet goes on from where it was, and NatBox's tables are there before and
//  after.
//  2. Real stacks do the same as the simulation: packets are alike, and the relayed trial has its reason.
//  3. What reaches nobody is told: packets without a route, ICMP that a host ignores, what a gateway itself sends.
//  4. It comes back from its bytes as it was.
//  5. Every event belongs to a packet also where both stand in one network and packets turn back there, over UDP and,
//  where that is blocked, over real TCP.
//  6. Case 1 where both peers try the relay over TCP, as they do when it answers late.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "net/lab/lab_world.hpp"
#include "sim/explain/listing.hpp"
#include "sim/explain/recording_bytes.hpp"
#include "sim/explain/traces.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::lab {
namespace {

using trial::PacketEvent;
using Kind = PacketEvent::Kind;

trial::Cell relayed_cell() {
  trial::Cell cell;
  nat::Profile p;
  p.name = "home";
  p.mapping = nat::Dependence::address_and_port_dependent;
  p.port_allocation = nat::PortAllocation::random;
  p.unsolicited = nat::Unsolicited::icmp;
  cell.client.nats = cell.connector.nats = {p};
  for (auto* link : {&cell.client.access, &cell.connector.access, &cell.relay})
    link->latency = link::Distribution::constant(0.005);
  cell.policy = *find_policy("relay-first");
  cell.traffic = {3, std::chrono::milliseconds{20}, 200};
  cell.timeout = std::chrono::seconds{5};
  return cell;
}

struct LabRecording : testing::Test {
  trial::Cell cell = relayed_cell();
  trial::Identities identities{1};
  std::unique_ptr<LabWorld> world;

  void SetUp() override {
    auto made = make_lab_world();
    if (const auto* error = std::get_if<std::string>(&made)) FAIL() << *error;
    world = std::move(std::get<0>(made));
  }
  explain::Recording recorded() {
    auto recording = explain::record(*world, cell, identities, 1, 0);
    explain::sort_events(recording);
    return recording;
  }
};

TEST_F(LabRecording, IsWhole) {  // cases 1, 3 and 4
  const auto r = recorded();
  std::vector<std::size_t> strays;
  const auto all = explain::journeys(r, &strays);
  EXPECT_TRUE(strays.empty()) << strays.size() << " events belong to no packet";
  std::set<Kind> kinds;
  for (const auto& journey : all)
    for (std::size_t i = 1; i < journey.hops.size(); ++i)
      EXPECT_GE(r.events[journey.hops[i].event].at, r.events[journey.hops[i - 1].event].at);
  for (const auto& event : r.events) {
    kinds.insert(event.kind);
    const bool judged = event.kind == Kind::translated || event.kind == Kind::dropped_by_gateway;
    EXPECT_EQ(event.after.has_value(), judged);
  }
  for (const auto kind : {Kind::sent, Kind::translated, Kind::dropped_by_gateway, Kind::delivered, Kind::originated,
                          Kind::no_route, Kind::ignored})
    EXPECT_TRUE(kinds.contains(kind)) << static_cast<int>(kind);
  explain::Recording again;
  again.cell = r.cell;
  again.topology = r.topology;
  again.record = r.record;
  ASSERT_EQ(explain::from_bytes(explain::to_bytes(r), again), std::nullopt);
  EXPECT_EQ(explain::listing(again, explain::journeys(again), {.all = true}), explain::listing(r, all, {.all = true}));
}

TEST_F(LabRecording, IsWholeInASharedNetwork) {  // case 5
  nat::Profile carrier;
  carrier.name = "carrier";
  carrier.hairpinning = nat::Hairpinning::external_source;
  cell.shared = trial::Shared{"carrier", {carrier, carrier}, {}};
  for (auto* side : {&cell.client, &cell.connector}) side->nats[0].mapping = nat::Dependence::endpoint_independent;
  for (const bool blocked : {false, true}) {
    cell.shared->nats.back().udp_blocked = blocked;
    const auto r = recorded();
    EXPECT_EQ(r.record.outcome, blocked ? results::Outcome::relayed : results::Outcome::direct) << r.record.reason;
    std::vector<std::size_t> strays;
    const auto all = explain::journeys(r, &strays);
    EXPECT_GT(all.size(), 20U);
    EXPECT_TRUE(strays.empty()) << strays.size() << " events belong to no packet";
  }
}

TEST_F(LabRecording, IsWholeWithTcp) {  // case 6
  cell.relay.latency = link::Distribution::constant(0.3);
  const auto r = recorded();
  std::vector<std::size_t> strays;
  explain::journeys(r, &strays);
  EXPECT_TRUE(strays.empty()) << strays.size() << " events belong to no packet";
  const auto is_segment = [](const explain::Event& e) { return packet::parse(e.packet)->protocol == packet::kTcp; };
  EXPECT_GT(std::count_if(r.events.begin(), r.events.end(), is_segment), 5);
}

TEST_F(LabRecording, IsAsSimulated) {  // case 2
  const auto real = recorded();
  const auto memory = memory::make_memory_world();
  const auto model = explain::record(*memory, cell, identities, 1, 0);
  EXPECT_EQ(real.record.outcome, model.record.outcome);
  EXPECT_EQ(real.record.reason, "mapping-varies");
  const auto found = explain::compare_traces(model, real);
  EXPECT_GT(found.alike, 25U);
}

}  // namespace
}  // namespace punchlab::lab
