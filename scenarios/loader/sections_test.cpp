// Cases
//  1. Every constant of a policy can be changed under a name, and nothing else changes.
//  2. Every axis of a NAT can be given inline; a base gives the rest; the name is the label.
//  3. Chains: a list in a list, a named chain; the label joins the names; `open` adds nothing.
//  4. Every key of a link, each distribution, media; a name given to a single link is kept.
#include <gtest/gtest.h>

#include "scenarios/loader/scenario_files_for_test.hpp"

namespace punchlab::loader {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = link::Distribution::Kind;

class Sections : public ScenarioFiles {};

TEST_F(Sections, Policy) {  // case 1
  const auto p = plan(scenario(
      "policy:\n  base: ice\n  name: mine\n  relay-first: on\n  synchronised-start: on\n  nominate-first-valid: on\n"
      "  start-skew: 1 ms\n  patience: 2 s\n  acceptance-wait-reflexive: 3 ms\n  acceptance-wait-relayed: 4 ms\n  "
      "pacing: 5 ms\n"
      "  rto: 6 ms\n  linear-rto: on\n  max-transmissions: 8\n  last-wait-factor: 9\n  max-pairs: 10\n  gather-rto: 11 "
      "ms\n"
      "  relay-transports: [tls, udp]\n  relay-wait: 16 ms\n"
      "  use-relay-candidates: off\n  use-host-candidates: off\n  keepalive: 12 s\n  consent-interval: 13 s\n"
      "  consent-timeout: 14 s\n  opener-ttl: 15\n"));
  Policy expected = *find_policy("ice");
  expected.name = "mine";
  expected.relay_first = expected.synchronised_start = expected.nominate_first_valid = expected.linear_rto = true;
  expected.start_skew = milliseconds{1};
  expected.patience = seconds{2};
  expected.acceptance_wait_reflexive = milliseconds{3};
  expected.acceptance_wait_relayed = milliseconds{4};
  expected.pacing = milliseconds{5};
  expected.rto = milliseconds{6};
  expected.max_transmissions = 8;
  expected.last_wait_factor = 9;
  expected.max_pairs = 10;
  expected.gather_rto = milliseconds{11};
  expected.relay_transports = {{Transport::tls, Transport::udp}, 2};
  expected.relay_wait = milliseconds{16};
  expected.use_relay_candidates = expected.use_host_candidates = false;
  expected.keepalive = seconds{12};
  expected.consent_interval = seconds{13};
  expected.consent_timeout = seconds{14};
  expected.opener_ttl = 15;
  EXPECT_EQ(p.cells.at(0).policy, expected);
}

TEST_F(Sections, InlineNat) {  // case 2
  const auto p = plan(
      "name: s\nconnector: {nat: {base: symmetric, name: short, timers: {udp-replied: 10 s}}}\nclient:\n  nat:\n    "
      "name: mine\n"
      "    title: T\n    source: S\n    gateway: firewall\n    udp: blocked\n    tcp: port-443\n    mapping: address-dependent\n"
      "    filtering: address-dependent\n    port-allocation: block\n    on-collision: overload\n    ports: [2000, "
      "3000]\n"
      "    block-size: 64\n    port-parity: on\n    pooling: arbitrary\n    addresses: 4\n    hairpinning: none\n"
      "    timers: {udp-unreplied: 1 s, udp-replied: 2 s, udp-assured-after: 3 s, tcp-transitory: 4 s, "
      "tcp-established: 120 h,\n"
      "             icmp-query: 6 s}\n    refresh: outbound\n    unsolicited: reset\n    unsolicited-creates-state: "
      "on\n"
      "    max-mappings: 70\n    max-mappings-per-host: 7\n");
  nat::Profile expected;
  expected.name = "mine";
  expected.title = "T";
  expected.source = "S";
  expected.translates = false;
  expected.udp_blocked = true;
  expected.tcp = nat::TcpPassage::port_443;
  expected.mapping = expected.filtering = nat::Dependence::address_dependent;
  expected.port_allocation = nat::PortAllocation::block;
  expected.on_collision = nat::OnCollision::overload;
  expected.ports = {2000, 3000};
  expected.block_size = 64;
  expected.port_parity = expected.unsolicited_creates_state = true;
  expected.pooling = nat::Pooling::arbitrary;
  expected.addresses = 4;
  expected.hairpinning = nat::Hairpinning::none;
  expected.timers = {seconds{1}, seconds{2}, seconds{3}, seconds{4}, minutes{7200}, seconds{6}};
  expected.refresh = nat::Refresh::outbound;
  expected.unsolicited = nat::Unsolicited::reset;
  expected.max_mappings = 70;
  expected.max_mappings_per_host = 7;
  const auto& cell = p.cells.at(0);
  EXPECT_EQ(cell.client.nat_name, "mine");
  EXPECT_EQ(cell.client.nats.at(0), expected);
  EXPECT_EQ(cell.connector.nat_name, "short");
  EXPECT_EQ(cell.connector.nats.at(0).mapping, nat::Dependence::address_and_port_dependent);
  EXPECT_EQ(cell.connector.nats.at(0).timers.udp_replied, seconds{10});
  EXPECT_EQ(cell.connector.nats.at(0).timers.udp_unreplied, minutes{2});
}

TEST_F(Sections, Chains) {  // case 3
  const auto p = plan(
      "name: s\nconnector: {nat: open}\nclient: {nat: [[full-cone, open, cgn], {chain: [firewall, symmetric], name: "
      "office}, {chain: [cgn]}]}\n");
  ASSERT_EQ(p.cells.size(), 3U);
  EXPECT_EQ(p.cells[0].client.nat_name, "full-cone+open+cgn");
  ASSERT_EQ(p.cells[0].client.nats.size(), 2U);
  EXPECT_EQ(p.cells[0].client.nats[0].name, "full-cone");
  EXPECT_EQ(p.cells[0].client.nats[1].name, "cgn");
  EXPECT_EQ(p.cells[1].client.nat_name, "office");
  EXPECT_FALSE(p.cells[1].client.nats.at(0).translates);
  EXPECT_EQ(p.cells[2].client.nat_name, "cgn");
  EXPECT_TRUE(p.cells[0].connector.nats.empty());
}

TEST_F(Sections, Link) {  // case 4
  const auto p = plan(
      "name: s\nclient: {nat: open, start: {exponential: 40 ms}, access: {name: line, latency: {normal: [20 ms, 3 "
      "ms]},\n"
      "  up-latency: {uniform: [1 ms, 2 ms]}, jitter: {pareto: [1 ms, 2.5]}, loss: 0.1 %, bandwidth: 10 Mbit/s, "
      "up-bandwidth: 1 Mbit/s,\n"
      "  queue: 50, medium: bottleneck, cross-traffic: 8 Mbit/s}}\nconnector: {nat: open, access: {medium: wifi}}\n");
  const auto& cell = p.cells.at(0);
  const auto& l = cell.client.access;
  EXPECT_EQ(l.name, "line");
  EXPECT_EQ(l.latency, (link::Distribution{Kind::normal, 0.02, 0.003}));
  EXPECT_EQ(l.up_latency, (link::Distribution{Kind::uniform, 0.001, 0.002}));
  EXPECT_EQ(l.jitter, (link::Distribution{Kind::pareto, 0.001, 2.5}));
  EXPECT_EQ(l.loss, 0.001);
  EXPECT_EQ(l.bandwidth, 10'000'000U);
  EXPECT_EQ(l.up_bandwidth, 1'000'000U);
  EXPECT_EQ(l.queue, 50U);
  EXPECT_EQ(l.medium, trial::Medium::bottleneck);
  EXPECT_EQ(l.cross_traffic, 8'000'000U);
  EXPECT_EQ(cell.client.start, (link::Distribution{Kind::exponential, 0.04, 0}));
  EXPECT_EQ(cell.connector.access.medium, trial::Medium::wifi);
  EXPECT_FALSE(cell.connector.access.bandwidth);
}

}  // namespace
}  // namespace punchlab::loader
