// The world of a trial, drawn:
// 1. Policies, and everything else that is no part of the world, change nothing; seed, world and trial do.
// 2. Chains get addresses from the outermost translator inwards: public outside, shared between, private at home.
// 3. Without a translator the host has the public address; a firewall has none of its own outside.
// 4. A constant is the same in every trial, a distribution is not; `up` values replace one direction only.
#include "sim/trial/topology.hpp"

#include <gmock/gmock.h>

namespace punchlab::trial {
namespace {

Cell cell_of(const nat::Chain& client, const nat::Chain& connector = {}) {
  Cell cell;
  cell.world = 5;
  cell.client.nats = client;
  cell.connector.nats = connector;
  cell.client.access.latency = {link::Distribution::Kind::uniform, 0.010, 0.100};
  cell.client.access.jitter = {link::Distribution::Kind::uniform, 0, 0.010};
  return cell;
}

bool same(const Topology& a, const Topology& b) {
  for (std::size_t i = 0; i < kHosts; ++i) {
    const auto& x = a.hosts[i];
    const auto& y = b.hosts[i];
    if (x.addresses != y.addresses || x.access.up.latency != y.access.up.latency || x.access.down.latency != y.access.down.latency)
      return false;
    const auto key = [](const RngKey& k) { return std::array{k.seed, k.cell, k.trial, k.purpose}; };
    if (key(x.access.up.key) != key(y.access.up.key) || x.gateways.size() != y.gateways.size()) return false;
    for (std::size_t g = 0; g < x.gateways.size(); ++g)
      if (key(x.gateways[g].key) != key(y.gateways[g].key)) return false;
  }
  return true;
}

TEST(Topology, DependsOnTheWorldOnly) {
  const auto cell = cell_of({nat::Profile{}});
  auto other = cell;
  other.policy = *find_policy("ice");
  other.index = 77;
  other.timeout = std::chrono::seconds{1};
  other.traffic.probes = 3;
  other.session = false;
  EXPECT_TRUE(same(draw_topology(cell, 1, 9), draw_topology(other, 1, 9)));
  EXPECT_FALSE(same(draw_topology(cell, 1, 9), draw_topology(cell, 2, 9)));
  EXPECT_FALSE(same(draw_topology(cell, 1, 9), draw_topology(cell, 1, 10)));
  other.world = 6;
  EXPECT_FALSE(same(draw_topology(cell, 1, 9), draw_topology(other, 1, 9)));
}

TEST(Topology, AddressesAChain) {
  nat::Profile carrier;
  carrier.addresses = 2;
  const auto topology = draw_topology(cell_of({nat::Profile{}, carrier}), 1, 0);
  const auto& host = topology.host(HostId::client);
  ASSERT_EQ(host.gateways.size(), 2u);
  EXPECT_EQ(host.addresses.front().to_string(), "192.168.1.10");
  EXPECT_EQ(host.gateways[0].addressing.internal.to_string(), "192.168.1.1");
  EXPECT_EQ(host.gateways[0].addressing.external.front().to_string(), "100.64.0.2");
  EXPECT_EQ(host.gateways[1].addressing.internal.to_string(), "100.64.0.1");
  ASSERT_EQ(host.gateways[1].addressing.external.size(), 2u);
  EXPECT_EQ(host.gateways[1].addressing.external[1].to_string(), "203.0.113.2");
}

TEST(Topology, AFirewallLeavesThePublicAddressToTheHost) {
  nat::Profile firewall;
  firewall.translates = false;
  const auto topology = draw_topology(cell_of({firewall}, {firewall, nat::Profile{}}), 1, 0);
  EXPECT_EQ(topology.host(HostId::client).addresses.front().to_string(), "203.0.113.1");
  EXPECT_TRUE(topology.host(HostId::client).gateways[0].addressing.external.empty());
  EXPECT_EQ(topology.host(HostId::connector).addresses.front().to_string(), "10.0.0.10");
  EXPECT_EQ(topology.host(HostId::connector).gateways[1].addressing.external.front().to_string(), "198.51.100.1");
  EXPECT_EQ(topology.host(HostId::relay).addresses.size(), 2u);
}

TEST(Topology, DrawsEachDirection) {
  auto cell = cell_of({});
  cell.connector.access.latency = link::Distribution::constant(0.020);
  cell.connector.access.up_latency = link::Distribution::constant(0.030);
  const auto a = draw_topology(cell, 1, 0);
  const auto b = draw_topology(cell, 1, 1);
  EXPECT_EQ(a.host(HostId::connector).access.down.latency, std::chrono::milliseconds{20});
  EXPECT_EQ(b.host(HostId::connector).access.up.latency, std::chrono::milliseconds{30});
  EXPECT_NE(a.host(HostId::client).access.down.latency, b.host(HostId::client).access.down.latency);
  EXPECT_EQ(a.host(HostId::client).access.down.latency, a.host(HostId::client).access.up.latency) << "one draw, both ways";
  EXPECT_FALSE(a.host(HostId::client).access.plain());
  EXPECT_TRUE(a.host(HostId::connector).access.plain());
}

}  // namespace
}  // namespace punchlab::trial
