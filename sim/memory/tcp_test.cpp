// TCP between the hosts of a memory world:
//  1. A connection opens after a round trip and a half, carries bytes both ways in order, and ends at both ends when one closes.
//  2. A port where nobody listens refuses, one that does not answer is given up, and so is a connection that falls silent.
//  3. What links lose is sent again: every byte arrives once, in order, on links that lose a tenth, and in bulk.
//  4. It passes NATs, which end no connection that is in use, and a gateway that blocks UDP; not one that blocks TCP too.
//  5. What a stream has no room for is refused whole; a closed stream takes nothing and is heard of no more.
//  6. Two runs leave the same trace.
#include <gtest/gtest.h>

#include <functional>

#include "sim/memory/exchange.hpp"
#include "sim/memory/memory_world.hpp"

namespace punchlab::memory {
namespace {

using trial::HostId;
using trial::StreamId;
using namespace std::chrono_literals;

constexpr Duration kRoundTrip = 2 * (10ms + 20ms);

/// The client connects to the relay's host at the start; the relay echoes what it hears.
struct Echo final : trial::Application {
  explicit Echo(const trial::Topology& t) : topology(&t) {}

  const trial::Topology* topology;
  trial::Network* network = nullptr;
  bool listens = true;
  std::function<void(Time)> when_open = [](Time) {};
  std::function<void(Time)> on_tick = [](Time) {};
  StreamId client = 0, relay = 0;
  Duration opened{-1}, closed{-1}, closed_at_relay{-1};
  std::vector<std::uint8_t> at_relay, at_client;
  TransportAddress seen_by_relay;
  std::uint64_t packets = 0;
  std::uint64_t lost = 0;

  TransportAddress server() const { return {topology->host(HostId::relay).addresses.front(), 3478}; }
  void start(Time, trial::Network& n) override {
    network = &n;
    if (listens) n.listen(HostId::relay, server());
    client = n.connect(HostId::client, {topology->host(HostId::client).addresses.front(), 50001}, server());
  }
  void on_datagram(Time, HostId, const TransportAddress&, const TransportAddress&, Bytes) override {}
  void on_timer(Time now, HostId) override { on_tick(now); }
  void on_stream_opened(Time now, HostId host, StreamId stream, const TransportAddress&, const TransportAddress& remote) override {
    if (host == HostId::relay) {
      relay = stream;
      seen_by_relay = remote;
      return;
    }
    EXPECT_EQ(stream, client);
    EXPECT_EQ(remote, server());
    opened = now - kTimeOrigin;
    when_open(now);
  }
  void on_stream(Time, HostId host, StreamId stream, Bytes bytes) override {
    auto& to = host == HostId::relay ? at_relay : at_client;
    to.insert(to.end(), bytes.begin(), bytes.end());
    if (host != HostId::relay) return;
    EXPECT_TRUE(network->send_stream(stream, bytes));
  }
  void on_stream_closed(Time now, HostId host, StreamId) override {
    (host == HostId::relay ? closed_at_relay : closed) = now - kTimeOrigin;
  }
  void on_packet(const trial::PacketEvent& event) override {
    ++packets;
    lost += event.kind == trial::PacketEvent::Kind::lost_on_link ? 1 : 0;
  }
  bool finished() const override { return false; }

  std::vector<std::uint8_t> sent;
  bool send(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>((sent.size() + i) * 31 >> 3);
    if (!network->send_stream(client, bytes)) return false;
    sent.insert(sent.end(), bytes.begin(), bytes.end());
    return true;
  }
};

trial::Topology topology_of(const nat::Chain& client, double loss = 0) {
  auto topology = exchange_topology(client, {}, 1);
  for (auto& host : topology.hosts) {
    host.access.up.latency = 10ms;
    host.access.down.latency = 20ms;
    host.access.up.loss = host.access.down.loss = loss;
  }
  return topology;
}

class Tcp : public testing::Test {
 protected:
  void run(Echo& echo, Duration time) { world->run(*echo.topology, echo, kTimeOrigin + time, {}); }
  std::unique_ptr<trial::World> world = make_memory_world();
};

TEST_F(Tcp, OpensCarriesAndEnds) {  // case 1
  const auto topology = topology_of({});
  Echo echo(topology);
  echo.when_open = [&](Time now) {
    EXPECT_TRUE(echo.send(5000));
    echo.network->set_timer(HostId::client, now + 1s);
  };
  echo.on_tick = [&](Time) { echo.network->close_stream(echo.relay); };
  run(echo, 5s);
  EXPECT_GE(echo.opened, kRoundTrip);
  EXPECT_LT(echo.opened, kRoundTrip + 1ms);
  EXPECT_EQ(echo.at_relay, echo.sent);
  EXPECT_EQ(echo.at_client, echo.sent);
  EXPECT_EQ(echo.seen_by_relay, (TransportAddress{topology.host(HostId::client).addresses.front(), 50001}));
  EXPECT_GE(echo.closed, echo.opened + 1s + kRoundTrip / 2);
  EXPECT_LT(echo.closed_at_relay, 0s) << "who closes hears no more";
  EXPECT_FALSE(echo.network->send_stream(echo.client, echo.sent));
}

TEST_F(Tcp, IsRefusedOrGivenUp) {  // case 2
  const auto topology = topology_of({});
  Echo refused(topology);
  refused.listens = false;
  run(refused, 5s);
  EXPECT_LT(refused.opened, 0s);
  EXPECT_GE(refused.closed, kRoundTrip);
  EXPECT_LT(refused.closed, kRoundTrip + 1ms);
  const auto nobody = topology_of({}, 1);
  Echo silent(nobody);
  run(silent, 300s);
  EXPECT_EQ(silent.closed, 123s) << "1 + 2 + 4 + 8 + 16 + 32 s, and the longest wait, 60 s";
  nat::Profile forgets;
  forgets.timers.tcp_established = forgets.timers.tcp_transitory = 1s;
  const auto behind = topology_of({forgets});
  Echo cut_off(behind);
  cut_off.when_open = [&](Time now) { cut_off.network->set_timer(HostId::client, now + 3s); };
  cut_off.on_tick = [&](Time) { EXPECT_TRUE(cut_off.network->send_stream(cut_off.relay, std::array<std::uint8_t, 9>{})); };
  run(cut_off, 300s);
  EXPECT_TRUE(cut_off.at_client.empty());
  EXPECT_GT(cut_off.closed_at_relay, 10s);
  EXPECT_LT(cut_off.closed_at_relay, 60s);
}

TEST_F(Tcp, SendsAgainWhatIsLost) {  // case 3
  std::uint64_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto topology = topology_of({}, 0.05);
    for (auto& host : topology.hosts)
      for (auto* direction : {&host.access.up, &host.access.down}) direction->key.seed = seed;
    Echo echo(topology);
    int rounds = 0;
    echo.when_open = [&](Time now) { echo.network->set_timer(HostId::client, now); };
    echo.on_tick = [&](Time now) {
      EXPECT_TRUE(echo.send(rounds == 0 ? 40'000 : 200));
      if (++rounds < 20) echo.network->set_timer(HostId::client, now + 100ms);
    };
    run(echo, 120s);
    EXPECT_EQ(echo.at_relay, echo.sent) << seed;
    EXPECT_EQ(echo.at_client, echo.sent) << seed;
    lost += echo.lost;
    EXPECT_LT(echo.closed, 0s);
  }
  EXPECT_GT(lost, 200U);
}

TEST_F(Tcp, PassesGateways) {  // case 4
  nat::Profile symmetric, blocked, wall;
  symmetric.mapping = nat::Dependence::address_and_port_dependent;
  symmetric.port_allocation = nat::PortAllocation::random;
  blocked.udp_blocked = true;
  wall.tcp = nat::TcpPassage::port_443;
  for (const auto& [chain, passes] :
       {std::pair{nat::Chain{symmetric, blocked}, true}, {nat::Chain{blocked}, true}, {nat::Chain{blocked, wall}, false}}) {
    const auto topology = topology_of(chain);
    Echo echo(topology);
    echo.when_open = [&](Time) { EXPECT_TRUE(echo.send(3000)); };
    run(echo, 10s);
    EXPECT_EQ(echo.opened >= 0s, passes);
    EXPECT_EQ(echo.at_client.size(), passes ? 3000U : 0U);
    if (!passes) continue;
    EXPECT_EQ(echo.seen_by_relay.address, topology.host(HostId::client).gateways.back().addressing.external.front());
  }
}

TEST_F(Tcp, TakesAllOrNothing) {  // case 5
  const auto topology = topology_of({});
  Echo echo(topology);
  echo.when_open = [&](Time) {
    EXPECT_TRUE(echo.send(60'000));
    EXPECT_FALSE(echo.send(10'000));
    EXPECT_TRUE(echo.send(1'000));
    EXPECT_FALSE(echo.network->send_stream(77, echo.sent)) << "unknown";
    echo.network->close_stream(echo.client);
    EXPECT_FALSE(echo.send(1));
  };
  run(echo, 60s);
  EXPECT_EQ(echo.at_relay, echo.sent) << "what was taken before the end";
  EXPECT_TRUE(echo.at_client.empty());
  EXPECT_GE(echo.closed_at_relay, 0s);
  EXPECT_LT(echo.closed, 0s);
}

TEST_F(Tcp, IsTheSameInEachRun) {  // case 6
  const auto topology = topology_of({}, 0.05);
  std::vector<std::pair<std::uint64_t, Duration>> seen;
  for (int i = 0; i < 3; ++i) {
    Echo echo(topology);
    echo.when_open = [&](Time) { echo.send(20'000); };
    run(echo, 60s);
    seen.emplace_back(echo.packets, echo.opened);
    EXPECT_EQ(echo.at_client.size(), 20'000U);
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[1], seen[2]);
}

}  // namespace
}  // namespace punchlab::memory
