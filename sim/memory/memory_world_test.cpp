// Cases
//  1. One datagram between public hosts: sent, delivered after both latencies and both transmissions, to the
//  nanosecond.
//  2. A datagram to the host's own address comes back at the same moment, whatever its port.
//  3. A private destination dies at the core; a TTL of n dies at router n, whose ICMP error comes back.
//  4. IPv6 travels as IPv4 does.
//  5. Timers: the last one set counts, kNever cancels, equal times fire in the order in which they were set.
//  6. A run leaves the same trace alone, after others, and in any order.
//  7. What the world cannot do it refuses: other media, captures.
#include "sim/memory/memory_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "sim/memory/exchange.hpp"

namespace punchlab::memory {
namespace {

using trial::HostId;
using trial::PacketEvent;
using namespace std::chrono_literals;

constexpr Time kUntil = kTimeOrigin + 15s;

/// Sends what the test wants at the start and writes down what happens.
struct Script final : trial::Application {
  std::function<void(trial::Network&)> at_start;
  std::vector<std::pair<HostId, Duration>> datagrams;
  std::vector<TransportAddress> destinations;
  std::vector<std::pair<HostId, Duration>> timers;
  std::vector<PacketEvent::Kind> kinds;
  std::vector<std::uint8_t> expired_at;

  void start(Time, trial::Network& network) override { at_start(network); }
  void on_datagram(Time now, HostId host, const TransportAddress&, const TransportAddress& destination,
                   Bytes) override {
    datagrams.emplace_back(host, now - kTimeOrigin);
    destinations.push_back(destination);
  }
  void on_timer(Time now, HostId host) override { timers.emplace_back(host, now - kTimeOrigin); }
  void on_packet(const PacketEvent& event) override {
    kinds.push_back(event.kind);
    if (event.kind == PacketEvent::Kind::ttl_expired) expired_at.push_back(event.gateway);
  }
  bool finished() const override { return false; }
};

trial::Topology public_hosts() {
  auto topology = exchange_topology({}, {}, 1);
  for (auto& host : topology.hosts) {
    host.access.up.latency = 10ms;
    host.access.down.latency = 20ms;
    host.access.up.bandwidth = host.access.down.bandwidth = 8'000'000;  // a byte per microsecond
  }
  return topology;
}

const std::uint8_t kPayload[70] = {};
const TransportAddress kClient{IpAddress::v4(203, 0, 113, 1), 5000};
const TransportAddress kRelay{IpAddress::v4(192, 0, 2, 2), 6000};

Script run(const trial::Topology& topology, std::function<void(trial::Network&)> at_start) {
  Script script;
  script.at_start = std::move(at_start);
  make_memory_world()->run(topology, script, kUntil, {});
  return script;
}

TEST(MemoryWorld, DeliversToTheNanosecond) {  // case 1
  const auto seen = run(public_hosts(), [](auto& net) { net.send(HostId::client, kClient, kRelay, 0, kPayload); });
  ASSERT_EQ(seen.datagrams.size(), 1U);
  EXPECT_EQ(seen.datagrams[0].first, HostId::relay);
  EXPECT_EQ(seen.datagrams[0].second, 30ms + 2 * 100us);  // 70 + 28 + 2 bytes, twice
  EXPECT_EQ(seen.destinations[0], kRelay);
  EXPECT_EQ(seen.kinds, (std::vector{PacketEvent::Kind::sent, PacketEvent::Kind::delivered}));
}

TEST(MemoryWorld, LoopsBack) {  // case 2
  const auto seen = run(public_hosts(), [](auto& net) {
    net.send(HostId::client, kClient, {kClient.address, 1}, 0, kPayload);
  });
  ASSERT_EQ(seen.datagrams.size(), 1U);
  EXPECT_EQ(seen.datagrams[0], std::pair(HostId::client, Duration{0}));
}

TEST(MemoryWorld, DropsPrivateDestinationsAndExpiredPackets) {  // case 3
  const auto lost = run(public_hosts(), [](auto& net) {
    net.send(HostId::client, kClient, {IpAddress::v4(10, 0, 0, 10), 1}, 0, kPayload);
  });
  EXPECT_TRUE(lost.datagrams.empty());
  nat::Profile nat;
  nat.filtering = nat::Dependence::endpoint_independent;
  const auto topology = exchange_topology({nat, nat}, {nat}, 1);
  const TransportAddress inside{topology.hosts[0].addresses[0], 5000};
  for (std::uint8_t ttl = 1; ttl <= 4; ++ttl) {
    const auto seen = run(topology, [&](auto& net) { net.send(HostId::client, inside, kRelay, ttl, kPayload); });
    const std::vector<std::uint8_t> router(ttl == 4 ? 0 : 1, static_cast<std::uint8_t>(ttl - 1));
    EXPECT_EQ(seen.expired_at, router);
    EXPECT_EQ(seen.datagrams.size(), ttl == 4 ? 1U : 0U);
    // The error passes the gateways on its way back, those that stand before the router.
    const auto translated = std::count(seen.kinds.begin(), seen.kinds.end(), PacketEvent::Kind::translated);
    EXPECT_EQ(translated, ttl == 4 ? 2 : 2 * (ttl - 1));
  }
}

TEST(MemoryWorld, CarriesIpv6) {  // case 4
  auto topology = public_hosts();
  const TransportAddress client{*IpAddress::parse("2001:db8::1"), 5000};
  const TransportAddress relay{*IpAddress::parse("2001:db8::2"), 6000};
  topology.hosts[0].addresses = {client.address};
  topology.hosts[2].addresses = {relay.address};
  const auto seen = run(topology, [&](auto& net) { net.send(HostId::client, client, relay, 0, kPayload); });
  ASSERT_EQ(seen.datagrams.size(), 1U);
  EXPECT_EQ(seen.datagrams[0].second, 30ms + 2 * 120us);
}

TEST(MemoryWorld, Timers) {  // case 5
  const auto seen = run(public_hosts(), [](auto& net) {
    net.set_timer(HostId::relay, kTimeOrigin + 3ms);
    net.set_timer(HostId::connector, kTimeOrigin + 1ms);
    net.set_timer(HostId::client, kTimeOrigin + 9ms);
    net.set_timer(HostId::client, kTimeOrigin + 3ms);
    net.set_timer(HostId::connector, kNever);
  });
  const std::vector<std::pair<HostId, Duration>> expected{{HostId::relay, 3ms}, {HostId::client, 3ms}};
  EXPECT_EQ(seen.timers, expected);
}

std::vector<std::string> trace_of(trial::World& world, std::uint64_t seed) {
  const nat::Chain chain(seed % 3, nat::Profile{});
  auto topology = exchange_topology(chain, {nat::Profile{}}, seed);
  topology.hosts[1].access.up.loss = 0.05;
  ExchangePlan plan;
  plan.seed = seed;
  Exchange exchange{topology, plan};
  world.run(topology, exchange, kUntil, {});
  return exchange.trace();
}

TEST(MemoryWorld, RunsDoNotDependOnEachOther) {  // case 6
  const auto world = make_memory_world();
  std::vector<std::vector<std::string>> forwards;
  for (std::uint64_t i = 0; i < 20; ++i) forwards.push_back(trace_of(*world, i));
  for (std::uint64_t i = 20; i-- > 0;) EXPECT_EQ(trace_of(*world, i), forwards[i]);
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(trace_of(*make_memory_world(), i), forwards[i]);
  EXPECT_GT(forwards[3].size(), 100U);
}

TEST(MemoryWorld, RefusesWhatItCannotDo) {  // case 7
  const auto world = make_memory_world();
  trial::Cell cell;
  EXPECT_EQ(world->cannot(cell), std::nullopt);
  cell.connector.access.medium = trial::Medium::wifi;
  EXPECT_NE(world->cannot(cell), std::nullopt);
  Script script;
  script.at_start = [](auto&) {};
  EXPECT_THROW(world->run(public_hosts(), script, kUntil, {"/nowhere"}), std::invalid_argument);
}

}  // namespace
}  // namespace punchlab::memory
