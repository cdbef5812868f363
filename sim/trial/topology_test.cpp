// The world of a trial, drawn:
// 1. Policies, and everything else that is no part of the world, change nothing; seed, world and trial do.
// 2. Chains get addresses from the outermost translator inwards: public outside, shared between, private at home.
// 3. Without a translator the host has the public address; a firewall has none of its own outside.
// 4. With a shared network the sides' outermost addresses lie in it, homes of it are alike, and only its own gateways
// are public;
//    when none of them translates, nothing changes but who leads to the core. Its NATs, and nothing else, change the
//    draw's names.
// 5. A constant is the same in every trial, a distribution is not; `up` values replace one direction only.
#include "sim/trial/topology.hpp"

#include <gmock/gmock.h>

#include "sim/trial/core_routes.hpp"

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
    if (x.addresses != y.addresses || x.access.up.latency != y.access.up.latency ||
        x.access.down.latency != y.access.down.latency)
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

TEST(Topology, PutsBothPeersIntoASharedNetwork) {
  auto cell = cell_of({nat::Profile{}}, {nat::Profile{}});
  cell.shared = Shared{"two", {nat::Profile{}, nat::Profile{}}, {}};
  cell.shared->nats[1].addresses = 2;
  const auto homes = draw_topology(cell, 1, 0);
  const auto outside = [](const Topology& t, HostId side) {
    return t.host(side).outside_addresses().front().to_string();
  };
  EXPECT_EQ(homes.host(HostId::client).addresses, homes.host(HostId::connector).addresses) << "homes are alike";
  EXPECT_EQ(outside(homes, HostId::client), "100.96.0.2");
  EXPECT_EQ(outside(homes, HostId::connector), "100.96.0.102");
  EXPECT_EQ(homes.shared->gateways[0].addressing.internal.to_string(), "100.96.0.1");
  EXPECT_EQ(homes.shared->gateways[0].addressing.external.front().to_string(), "100.96.1.2");
  EXPECT_EQ(homes.shared->gateways[1].addressing.internal.to_string(), "100.96.1.1");
  EXPECT_EQ(homes.shared->gateways[1].addressing.external.back().to_string(), "203.0.113.2");
  cell.connector.nats = {};
  const auto divided = draw_topology(cell, 1, 0);
  EXPECT_EQ(outside(divided, HostId::connector), "192.168.0.110") << "a host in it";
  EXPECT_EQ(outside(divided, HostId::client), "192.168.0.2");
  for (auto& gateway : cell.shared->nats) gateway.translates = false;
  const auto filtered = draw_topology(cell, 1, 0);
  EXPECT_EQ(outside(filtered, HostId::connector), "198.51.100.1");
  EXPECT_EQ(outside(filtered, HostId::client), "203.0.113.1");
  EXPECT_FALSE(homes.host(HostId::relay).gateways.size());
}

TEST(Topology, TheWayOutOfASharedNetwork) {
  auto cell = cell_of({nat::Profile{}}, {});
  cell.shared = Shared{"one", {nat::Profile{}}, {}};
  const auto topology = draw_topology(cell, 1, 0);
  const auto way = [&](HostId from, const char* to) {
    return way_in_shared_network(topology, from, *IpAddress::parse(to));
  };
  EXPECT_EQ(way(HostId::client, "192.168.0.110"), HostId::connector);
  EXPECT_EQ(way(HostId::connector, "192.168.0.2"), HostId::client);
  EXPECT_EQ(way(HostId::client, "203.0.113.1"), HostId::shared);
  EXPECT_EQ(way(HostId::shared, "192.168.0.2"), HostId::client);
  EXPECT_EQ(way(HostId::shared, "192.168.0.77"), std::nullopt);
  CoreRoutes routes;
  routes.assign(topology);
  EXPECT_EQ(routes.side_of(*IpAddress::parse("203.0.113.1")), HostId::shared);
  EXPECT_EQ(routes.side_of(*IpAddress::parse("192.0.2.1")), HostId::relay);
  EXPECT_EQ(routes.side_of(*IpAddress::parse("192.168.0.2")), std::nullopt);
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
  EXPECT_EQ(a.host(HostId::client).access.down.latency, a.host(HostId::client).access.up.latency)
      << "one draw, both ways";
  EXPECT_FALSE(a.host(HostId::client).access.plain());
  EXPECT_TRUE(a.host(HostId::connector).access.plain());
}

}  // namespace
}  // namespace punchlab::trial
