// Two recordings of one trial, held against each other:
//  1. The same trial twice: all packets alike, none different, no time between them.
//  2. Another NAT on one side: the first packet that differs is the one that the stricter filter drops, with both
//  fates.
//  3. A packet that one side alone sends is named as not sent by the other.
//  4. Random ports drawn otherwise are no difference; the same of a NAT that preserves ports is one.
//  5. Later packets are alike, and how much later is told; application data does not count.
//  6. What was sent near the end of the shorter recording does not count; what was sent before does.
#include "sim/explain/traces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/explain/recorder.hpp"
#include "sim/memory/memory_world.hpp"

namespace punchlab::explain {
namespace {

using nat::Dependence;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

trial::Cell cell(Dependence filtering = Dependence::address_and_port_dependent,
                 nat::PortAllocation ports = nat::PortAllocation::random) {
  trial::Cell c;
  nat::Profile p;
  p.name = "home";
  p.port_allocation = ports;
  p.filtering = filtering;
  c.client.nats = c.connector.nats = {p};
  c.connector.access.latency = link::Distribution::constant(0.030);
  c.policy = *find_policy("relay-first");
  c.session = false;
  return c;
}

/// The trial's world; `change` is made to its topology before it runs.
template <class Change>
Recording recorded(trial::Cell c, Change change) {
  const auto world = memory::make_memory_world();
  const trial::Identities identities(1);
  Recording r;
  r.cell = c;
  r.topology = trial::draw_topology(r.cell, 1, 0);
  change(r.topology);
  trial::Trial trial(r.cell, r.topology, identities, 1, 0);
  Recorder recorder(trial, r);
  r.record = trial.record(world->run(r.topology, recorder, trial.until(), {}));
  r.origin = kTimeOrigin;
  return r;
}
Recording recorded(const trial::Cell& c) {
  return recorded(c, [](trial::Topology&) {});
}

TEST(Traces, OfOneTrialAreAlike) {  // case 1
  const auto r = recorded(cell());
  const auto found = compare_traces(r, r);
  EXPECT_GT(found.alike, 20U);
  EXPECT_EQ(found.different, 0U);
  EXPECT_EQ(found.latest, 0ns);
  EXPECT_FALSE(found.parting);
}

TEST(Traces, PartAtTheFilter) {  // case 2
  auto closed_cell = cell(), open_cell = cell(Dependence::endpoint_independent);
  for (auto* c : {&closed_cell, &open_cell})
    c->client.nats[0].mapping = c->connector.nats[0].mapping = Dependence::address_and_port_dependent;
  const auto strict = recorded(closed_cell);
  const auto open = recorded(open_cell);
  const auto found = compare_traces(strict, open);
  ASSERT_TRUE(found.parting);
  EXPECT_GT(found.alike, 10U) << "before it";
  EXPECT_THAT(found.parting->first, HasSubstr("NAT: filtered-by-"));
  EXPECT_THAT(found.parting->second, HasSubstr("delivered to"));
  EXPECT_THAT(text_of(*found.parting, "ns3", "sockets"), testing::ContainsRegex("^at [0-9.]+ ms (client|connector) "));
  const auto reverse = compare_traces(open, strict);
  EXPECT_EQ(reverse.parting->second, found.parting->first);
}

TEST(Traces, NameWhatOneDidNotSend) {  // case 3
  auto r = recorded(cell());
  const auto whole = r;
  std::erase_if(r.events, [&](const Event& e) {
    return e.side == trial::HostId::client && e.kind == trial::PacketEvent::Kind::sent && e.at == whole.events[0].at;
  });
  const auto found = compare_traces(r, whole);
  ASSERT_TRUE(found.parting);
  EXPECT_EQ(found.parting->first, "not sent");
  EXPECT_THAT(found.parting->packet, StartsWith("client "));
  EXPECT_EQ(found.parting->at, whole.events[0].at - kTimeOrigin);
}

TEST(Traces, DoNotCountRandomPorts) {  // case 4
  const auto other_draws = [](trial::Topology& topology) {
    for (auto& host : topology.hosts)
      for (auto& gateway : host.gateways) gateway.key.purpose += 1;
  };
  const auto random = recorded(cell());
  const auto redrawn = recorded(cell(), other_draws);
  EXPECT_EQ(compare_traces(random, redrawn).different, 0U);
  const auto kept = recorded(cell(Dependence::address_and_port_dependent, nat::PortAllocation::preserve));
  EXPECT_GT(compare_traces(random, kept).different, 0U) << "that ports are kept, or not, is a difference";
}

TEST(Traces, TellHowLate) {  // case 5
  const auto r = recorded(cell());
  auto late = r;
  for (auto& event : late.events) event.at += 3ms;
  const auto found = compare_traces(r, late);
  EXPECT_EQ(found.different, 0U);
  EXPECT_EQ(found.latest, 3ms);
  auto quiet = r;
  const auto all = journeys(r);
  std::size_t data = 0;
  std::set<std::size_t> out;
  for (const auto& journey : all) {
    if (!journey.data) continue;
    ++data;
    for (const auto& hop : journey.hops) out.insert(hop.event);
  }
  ASSERT_GT(data, 10U);
  std::size_t n = 0;
  const auto last = r.events.back();
  std::erase_if(quiet.events, [&](const Event&) { return out.contains(n++); });
  quiet.events.push_back(last);
  EXPECT_EQ(compare_traces(r, quiet).different, 0U);
}

TEST(Traces, DoNotCountTheEnd) {  // case 6
  const auto r = recorded(cell());
  auto cut = r;
  const Time middle = r.events[r.events.size() / 2].at;
  std::erase_if(cut.events, [&](const Event& e) { return e.at > middle; });
  EXPECT_EQ(compare_traces(r, cut).different, 0U);
  std::erase_if(cut.events, [&](const Event& e) { return e.at == cut.events.front().at; });
  EXPECT_GT(compare_traces(r, cut).different, 0U);
}

}  // namespace
}  // namespace punchlab::explain
