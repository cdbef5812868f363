// TCP between real stacks of the lab. Needs user namespaces. Cases:
//  1. Bytes arrive whole and in order, both ways, through a NAT and links that lose a twentieth, over both kinds of
//  device; and a
//     message for which there is no room is refused whole. On port 443 they cross the links encrypted, on 3478 as they
//     are.
//  2. A port where nobody listens ends the attempt with its RST.
//  3. One end closes, the other hears of it; who closed hears nothing more.
//  4. Nothing is left for the next run: the same ports connect again, also after a run that ended in the midst of a
//  transfer
//     and of handshakes, and no segment of an earlier run is sent.
//  5. Trials of pairs whose UDP is blocked end as in the memory world, with the same reason.
//  6. A host that was left to other programs neither listens nor connects.
#include "net/lab/host_streams.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "net/lab/lab_world.hpp"
#include "sim/memory/exchange.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/packet/packet.hpp"
#include "tools/runner/run_trial.hpp"

namespace punchlab::lab {
namespace {

using nat::TcpPassage;
using results::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using trial::HostId;
using trial::StreamId;

std::unique_ptr<LabWorld> make_world(DeviceKind kind) {
  auto made = make_lab_world({.device = kind});
  if (const auto* error = std::get_if<std::string>(&made)) throw std::runtime_error(*error);
  return std::move(std::get<0>(made));
}

nat::Profile symmetric() {
  nat::Profile p;
  p.mapping = nat::Dependence::address_and_port_dependent;
  p.port_allocation = nat::PortAllocation::random;
  return p;
}

trial::Topology topology_with(double loss = 0) {
  auto topology = memory::exchange_topology({symmetric()}, {}, 1);
  for (auto& host : topology.hosts) host.access.up.loss = host.access.down.loss = loss;
  return topology;
}

/// The client sends in bulk, the relay's host echoes; in the end the client closes.
struct Bulk final : trial::Application {
  explicit Bulk(const trial::Topology& topology, std::uint16_t port = trial::kRelayPort)
      : from{topology.host(HostId::client).addresses.front(), 40'001},
        to{topology.host(HostId::relay).addresses.front(), port},
        sent(60'000) {
    std::iota(sent.begin(), sent.end(), std::uint8_t{0});
  }

  void start(Time now, trial::Network& n) override {
    network = &n;
    for (const auto port : {trial::kRelayPort, trial::kRelayTlsPort}) n.listen(HostId::relay, {to.address, port});
    stream = n.connect(HostId::client, from, to);
    n.set_timer(HostId::client, now + patience);
  }
  void on_datagram(Time, HostId, const TransportAddress&, const TransportAddress&, Bytes) override {}
  void on_timer(Time, HostId) override { over = true; }
  void on_packet(const trial::PacketEvent& event) override {
    const auto view = packet::parse(event.packet);
    if (event.kind != trial::PacketEvent::Kind::sent || !view) return;
    ++segments;
    if (view->source.port != to.port && view->destination.port != to.port) ++strangers;
    const auto payload = view->payload_of(event.packet);
    const Bytes start = Bytes{sent}.first(64);
    readable |= std::ranges::search(payload, start).begin() != payload.end();
  }
  void on_stream_opened(Time, HostId host, StreamId id, const TransportAddress& local,
                        const TransportAddress& remote) override {
    if (host == HostId::relay) {
      EXPECT_EQ(local, to);
      EXPECT_NE(remote.address, from.address) << "translated";
      return;
    }
    EXPECT_EQ(id, stream);
    opened = true;
    over = ends_when_open;
    EXPECT_TRUE(network->send_stream(stream, sent));
    EXPECT_FALSE(network->send_stream(stream, sent)) << "all or nothing";
  }
  void on_stream(Time, HostId host, StreamId id, Bytes bytes) override {
    auto& heard = host == HostId::relay ? at_relay : at_client;
    heard.insert(heard.end(), bytes.begin(), bytes.end());
    if (host == HostId::relay) {
      EXPECT_TRUE(network->send_stream(id, bytes));
    } else if (heard.size() == sent.size()) {
      network->close_stream(stream);
    }
  }
  void on_stream_closed(Time, HostId host, StreamId) override {
    closed_at.push_back(host);
    over = true;
  }
  bool finished() const override { return over; }

  trial::Network* network = nullptr;
  TransportAddress from, to;
  StreamId stream = 0;
  Duration patience = seconds{60};
  bool ends_when_open = false;
  std::vector<std::uint8_t> sent, at_relay, at_client;
  std::vector<HostId> closed_at;
  int segments = 0, strangers = 0;
  bool readable = false, opened = false, over = false;
};

void run(LabWorld& world, const trial::Topology& topology, Bulk& bulk) {
  world.run(topology, bulk, kTimeOrigin + seconds{100}, {});
}

class Streams : public testing::TestWithParam<DeviceKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, Streams, testing::Values(DeviceKind::tun, DeviceKind::veth),
                         [](const auto& kind) { return kind.param == DeviceKind::tun ? "tun" : "veth"; });

TEST_P(Streams, CarryBytesWhole) {  // cases 1 and 3
  const auto world = make_world(GetParam());
  const auto topology = topology_with(0.05);
  for (const auto port : {trial::kRelayPort, trial::kRelayTlsPort}) {
    Bulk bulk(topology, port);
    run(*world, topology, bulk);
    EXPECT_TRUE(bulk.opened) << port;
    EXPECT_EQ(bulk.at_relay, bulk.sent) << port;
    EXPECT_EQ(bulk.at_client, bulk.sent) << port;
    EXPECT_THAT(bulk.closed_at, testing::ElementsAre(HostId::relay)) << port;
    EXPECT_EQ(bulk.readable, port == trial::kRelayPort) << port;
  }
}

TEST_P(Streams, EndAtClosedPorts) {  // case 2
  const auto topology = topology_with();
  Bulk bulk(topology, 80);
  run(*make_world(GetParam()), topology, bulk);
  EXPECT_FALSE(bulk.opened);
  EXPECT_THAT(bulk.closed_at, testing::ElementsAre(HostId::client));
  EXPECT_EQ(bulk.segments, 2) << "SYN and RST";
}

TEST_P(Streams, LeaveNothingForTheNextRun) {  // case 4
  const auto world = make_world(GetParam());
  const auto topology = topology_with();
  for (const auto port : {trial::kRelayPort, trial::kRelayTlsPort}) {
    for (const auto end : {milliseconds{0}, milliseconds{70}, milliseconds{150}}) {  // amid SYNs, handshakes, data
      Bulk interrupted(topology, port);
      interrupted.patience = end;
      run(*world, topology, interrupted);
    }
    Bulk transfer(topology, port);
    transfer.ends_when_open = true;
    run(*world, topology, transfer);
    EXPECT_TRUE(transfer.opened);
    Bulk whole(topology, port);
    run(*world, topology, whole);
    EXPECT_EQ(whole.at_client, whole.sent) << port;
  }
  Bulk quiet(topology, 80);
  run(*world, topology, quiet);
  EXPECT_EQ(quiet.segments, 2);
  EXPECT_EQ(quiet.strangers, 0) << "of an earlier run";
}

nat::Profile without_udp(TcpPassage tcp) {
  nat::Profile p;
  p.udp_blocked = true;
  p.tcp = tcp;
  return p;
}

TEST_P(Streams, TrialsWithoutUdpEndAsInMemory) {  // case 5
  const auto world = make_world(GetParam());
  const auto memory = memory::make_memory_world();
  const trial::Identities identities(1);
  const nat::Chain blocked{without_udp(TcpPassage::allowed)}, strict{symmetric(), without_udp(TcpPassage::port_443)};
  const nat::Chain wall{without_udp(TcpPassage::blocked)}, usual{symmetric()};
  const std::vector<std::pair<nat::Chain, nat::Chain>> cases{{blocked, usual}, {usual, blocked},  {blocked, blocked},
                                                             {strict, usual},  {blocked, strict}, {wall, usual}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    trial::Cell cell;
    cell.client.nats = cases[i].first;
    cell.connector.nats = cases[i].second;
    cell.relay.latency = link::Distribution::constant(0.005);
    cell.policy = *find_policy("relay-first");
    cell.traffic = {3, milliseconds{20}, 200};
    cell.timeout = i == 5 ? seconds{3} : seconds{15};
    const auto expected = runner::run_trial(*memory, cell, identities, 1, i);
    const auto real = runner::run_trial(*world, cell, identities, 1, i);
    EXPECT_EQ(real.outcome, i == 5 ? Outcome::failed : Outcome::relayed) << "case " << i;
    EXPECT_EQ(real.outcome, expected.outcome) << "case " << i;
    EXPECT_EQ(real.reason, expected.reason) << "case " << i;
    EXPECT_EQ(real.probes_answered, expected.probes_answered) << "case " << i;
  }
}

TEST_P(Streams, AreNotForHostsOfOthers) {  // case 6
  const auto world = make_world(GetParam());
  const auto topology = topology_with();
  world->assign_addresses(topology);
  world->leave_to_others(HostId::client);
  Bulk bulk(topology);
  bulk.patience = milliseconds{100};
  run(*world, topology, bulk);
  EXPECT_EQ(bulk.stream, 0U);
  EXPECT_EQ(bulk.segments, 0);
}

}  // namespace
}  // namespace punchlab::lab
