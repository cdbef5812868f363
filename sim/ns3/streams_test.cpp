// TCP in ns-3, and trials that need it:
//  1. Pairs whose UDP is blocked on one side or both end as in the memory world: same outcome, same reason; where nothing is
//     lost their first byte and round trips come within a millisecond of each other, although the segments differ.
//  2. The same outcomes on links with loss and jitter, and over Wi-Fi.
//  3. The swarm's pairs with blocked UDP have the same outcome in both worlds.
//  4. A trial with streams is the same each time, and leaves nothing behind for the next, with streams or without.
//  5. ns-3's own sockets: bytes arrive once and in order on links that lose a tenth; a port where nobody listens is
//     given up after all its SYNs: ns-3 takes no RST for an answer.
#include <gtest/gtest.h>

#include "sim/memory/exchange.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/memory/swarm_case.hpp"
#include "sim/ns3/ns3_world.hpp"
#include "sim/trial/scenario_text.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::sim_ns3 {
namespace {

using nat::TcpPassage;
using results::Outcome;
using std::chrono::milliseconds;
using trial::HostId;
using trial::StreamId;

nat::Profile without_udp(TcpPassage tcp) {
  nat::Profile p;
  p.udp_blocked = true;
  p.tcp = tcp;
  return p;
}

nat::Profile symmetric() {
  nat::Profile p;
  p.mapping = nat::Dependence::address_and_port_dependent;
  p.port_allocation = nat::PortAllocation::random;
  return p;
}

trial::Cell cell_of(const nat::Chain& client, const nat::Chain& connector) {
  trial::Cell cell;
  cell.client.nats = client;
  cell.connector.nats = connector;
  cell.connector.access.latency = link::Distribution::constant(0.015);
  cell.relay.latency = link::Distribution::constant(0.020);
  cell.policy = *find_policy("relay-first");
  cell.session = false;
  return cell;
}

class StreamTrials : public testing::Test {
 protected:
  results::TrialRecord run(trial::World& world, const trial::Cell& cell, std::uint64_t number = 0) {
    const auto topology = trial::draw_topology(cell, 1, number);
    trial::Trial trial(cell, topology, identities, 1, number);
    return trial.record(world.run(topology, trial, trial.until(), {}));
  }
  const trial::Identities identities{1};
  const std::unique_ptr<trial::World> memory = memory::make_memory_world();
  const std::unique_ptr<trial::World> ns3 = make_ns3_world();
};

TEST_F(StreamTrials, EndAsInMemory) {  // case 1
  const nat::Chain blocked{without_udp(TcpPassage::allowed)}, strict{symmetric(), without_udp(TcpPassage::port_443)};
  const nat::Chain wall{without_udp(TcpPassage::blocked)}, open{}, usual{symmetric()};
  for (const auto& [client, connector] : {std::pair{blocked, usual}, {usual, blocked}, {blocked, blocked}, {strict, usual},
                                          {blocked, strict}, {wall, usual}, {open, wall}, {open, strict}}) {
    const auto cell = cell_of(client, connector);
    const auto a = run(*memory, cell);
    const auto b = run(*ns3, cell);
    EXPECT_EQ(a.outcome, b.outcome);
    EXPECT_EQ(b.outcome, client == wall || connector == wall ? Outcome::failed : Outcome::relayed);
    EXPECT_EQ(b.reason, "udp-blocked");
    EXPECT_EQ(a.probes_answered, b.probes_answered);
    ASSERT_EQ(a.time_to_first_byte.has_value(), b.time_to_first_byte.has_value());
    if (!a.time_to_first_byte) continue;
    EXPECT_LT(std::abs((*a.time_to_first_byte - *b.time_to_first_byte).count()), Duration{milliseconds{1}}.count());
    EXPECT_LT(std::abs((*a.rtt_relayed - *b.rtt_relayed).count()), Duration{milliseconds{1}}.count());
  }
}

TEST_F(StreamTrials, EndAsInMemoryOnRoughLinks) {  // case 2
  auto cell = cell_of({without_udp(TcpPassage::allowed)}, {symmetric()});
  cell.client.access.loss = cell.relay.loss = 0.03;
  cell.client.access.jitter = {link::Distribution::Kind::uniform, 0, 0.010};
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(run(*memory, cell, i).outcome, Outcome::relayed) << i;
    EXPECT_EQ(run(*ns3, cell, i).outcome, Outcome::relayed) << i;
  }
  cell.client.access.medium = trial::Medium::wifi;
  cell.client.access.loss = 0;
  EXPECT_EQ(run(*ns3, cell).outcome, Outcome::relayed);
}

TEST_F(StreamTrials, EndAsInMemoryThroughoutTheSwarm) {  // case 3
  std::array<int, 3> tally{};
  for (std::uint64_t number = 0; number < 800; ++number) {
    auto cell = memory::SwarmDice({2, 0, number, purpose_of("swarm")}).cell();
    const auto blocked = [](const trial::Side& side) { return std::ranges::any_of(side.nats, &nat::Profile::udp_blocked); };
    if (!blocked(cell.client) && !blocked(cell.connector)) continue;
    cell.world = number;
    const auto a = run(*memory, cell);
    const auto b = run(*ns3, cell);
    EXPECT_EQ(a.outcome, b.outcome) << "case " << number << "\n" << trial::scenario_text(cell, "swarm", 1, 1);
    ++tally[static_cast<std::size_t>(b.outcome)];
  }
  EXPECT_EQ(tally[static_cast<std::size_t>(Outcome::direct)], 0);
  EXPECT_GT(tally[static_cast<std::size_t>(Outcome::relayed)], 20);
  EXPECT_GT(tally[static_cast<std::size_t>(Outcome::failed)], 5);
}

TEST_F(StreamTrials, LeaveNothingBehind) {  // case 4
  const auto stream = cell_of({without_udp(TcpPassage::allowed)}, {symmetric()});
  const auto plain = cell_of({symmetric()}, {symmetric()});
  const auto first = run(*ns3, stream, 7);
  const auto without = run(*make_ns3_world(), plain, 3);
  EXPECT_EQ(run(*ns3, plain, 3), without);
  EXPECT_EQ(run(*ns3, stream, 7), first);
  EXPECT_EQ(run(*ns3, stream, 7), first);
  EXPECT_EQ(run(*ns3, plain, 3), without);
  EXPECT_EQ(run(*make_ns3_world(), stream, 7), first);
}

/// The client sends in bulk, the relay's host echoes.
struct Bulk final : trial::Application {
  trial::Network* network = nullptr;
  TransportAddress from, to;
  std::uint16_t port = 3478;
  std::vector<std::uint8_t> sent, at_relay, at_client;
  bool opened = false, closed = false, all = false;

  void start(Time, trial::Network& n) override {
    network = &n;
    n.listen(HostId::relay, {to.address, 3478});
    EXPECT_NE(n.connect(HostId::client, from, {to.address, port}), 0U);
    for (std::size_t i = 0; i < 30'000; ++i) sent.push_back(static_cast<std::uint8_t>(i * 31 >> 3));
  }
  void on_datagram(Time, HostId, const TransportAddress&, const TransportAddress&, Bytes) override {}
  void on_timer(Time, HostId) override {}
  void on_packet(const trial::PacketEvent&) override {}
  void on_stream_opened(Time, HostId host, StreamId stream, const TransportAddress&, const TransportAddress&) override {
    if (host != HostId::client) return;
    opened = true;
    EXPECT_TRUE(network->send_stream(stream, sent));
    EXPECT_FALSE(network->send_stream(stream, std::vector<std::uint8_t>(50'000))) << "all or nothing";
  }
  void on_stream(Time, HostId host, StreamId stream, Bytes bytes) override {
    auto& heard = host == HostId::relay ? at_relay : at_client;
    heard.insert(heard.end(), bytes.begin(), bytes.end());
    if (host == HostId::relay) {
      EXPECT_TRUE(network->send_stream(stream, bytes));
    } else if (heard.size() == sent.size()) {
      network->close_stream(stream);
      all = true;
    }
  }
  void on_stream_closed(Time, HostId, StreamId) override { closed = true; }
  bool finished() const override { return closed; }
};

TEST(Ns3Sockets, CarryBytesOverLossyLinks) {  // case 5
  const auto world = make_ns3_world();
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto topology = memory::exchange_topology({symmetric()}, {}, seed);
    for (auto& host : topology.hosts) host.access.up.loss = host.access.down.loss = 0.05;
    Bulk bulk;
    bulk.from = {topology.host(HostId::client).addresses.front(), 50001};
    bulk.to = {topology.host(HostId::relay).addresses.front(), 3478};
    world->run(topology, bulk, kTimeOrigin + std::chrono::seconds{300}, {});
    EXPECT_TRUE(bulk.opened && bulk.all && bulk.closed) << seed << " " << bulk.at_relay.size() << " " << bulk.at_client.size();
    EXPECT_EQ(bulk.at_relay, bulk.sent);
    EXPECT_EQ(bulk.at_client, bulk.sent);
  }
}

TEST(Ns3Sockets, GiveUpClosedPorts) {  // case 5
  const auto topology = memory::exchange_topology({symmetric()}, {}, 1);
  Bulk bulk;
  bulk.port = 80;
  bulk.from = {topology.host(HostId::client).addresses.front(), 50001};
  bulk.to = {topology.host(HostId::relay).addresses.front(), 3478};
  make_ns3_world()->run(topology, bulk, kTimeOrigin + std::chrono::seconds{300}, {});
  EXPECT_FALSE(bulk.opened);
  EXPECT_TRUE(bulk.closed);
}

}  // namespace
}  // namespace punchlab::sim_ns3
