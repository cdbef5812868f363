// Whole trials in the memory world:
// 1. The published 4x4 and the 9x9 of RFC 4787 come out exactly, cell by cell, as the oracle says.
// 2. The first byte arrives no sooner than the ways allow, whatever the start skew; time to direct is within 1.1 of the least
//    in every direct cell, over latencies, asymmetric ways and skews (plus three checks' pacing where ways take 1 ms).
//    Regular nomination adds its wait, or one more check, where no mapping varies. The first packet of the later side is there
//    after start skew and one way.
// 3. The same trial alone, in another order, in another world object, twice, with a relay that served others: one record.
// 4. With loss and jitter nothing gets direct that cannot.
// 5. A peer whose network blocks UDP is relayed over TCP, over TLS where only port 443 is open, on either side and on both, by
//    every policy; not by one that knows only UDP, nor where TCP is blocked too. Its first byte takes the wait, the handshake
//    and what it takes over UDP.
// 6. Control: the oracle's two tables are not all of one kind.
#include <gtest/gtest.h>

#include "sim/memory/memory_world.hpp"
#include "sim/oracle/oracle.hpp"
#include "sim/packet/packet.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::memory {
namespace {

using nat::Dependence;
using results::Outcome;
using results::Prediction;
using std::chrono::milliseconds;

constexpr std::array kAll{Dependence::endpoint_independent, Dependence::address_dependent,
                          Dependence::address_and_port_dependent};

nat::Profile translator(Dependence mapping, Dependence filtering) {
  nat::Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  p.port_allocation = nat::PortAllocation::random;
  p.on_collision = nat::OnCollision::random;
  return p;
}

/// The nine of RFC 4787; the classic four are 0, 1, 2 and 8.
std::vector<nat::Profile> nine() {
  std::vector<nat::Profile> all;
  for (const auto mapping : kAll)
    for (const auto filtering : kAll) all.push_back(translator(mapping, filtering));
  return all;
}

struct Ways {
  double client_up, client_down, connector_up, connector_down, relay;  ///< ms
  double client_start = 0, connector_start = 0;
};

Duration direct_round_trip(const Ways& ways) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::milli>{ways.client_up + ways.client_down + ways.connector_up + ways.connector_down});
}

trial::Cell cell_of(const nat::Profile& client, const nat::Profile& connector, const Ways& ways) {
  const auto ms = [](double value) { return link::Distribution::constant(value * 1e-3); };
  trial::Cell cell;
  cell.client.nats = {client};
  cell.connector.nats = {connector};
  cell.client.access.latency = ms(ways.client_down);
  cell.client.access.up_latency = ms(ways.client_up);
  cell.connector.access.latency = ms(ways.connector_down);
  cell.connector.access.up_latency = ms(ways.connector_up);
  cell.relay.latency = ms(ways.relay);
  cell.client.start = ms(ways.client_start);
  cell.connector.start = ms(ways.connector_start);
  cell.policy = *find_policy("relay-first");
  cell.session = false;
  return cell;
}

const trial::Identities& identities() {
  static const trial::Identities made(1);
  return made;
}

results::TrialRecord run(trial::World& world, const trial::Cell& cell, std::uint64_t number = 0,
                         trial::RelayHost* relay = nullptr) {
  const auto topology = trial::draw_topology(cell, 1, number);
  trial::Trial trial(cell, topology, identities(), 1, number, relay);
  return trial.record(world.run(topology, trial, trial.until(), {}));
}

constexpr Ways kHome{10, 10, 15, 15, 20};

TEST(TrialMemory, TheTablesComeOutAsTheOracleSays) {
  const auto world = make_memory_world();
  const auto profiles = nine();
  int direct = 0;
  for (const auto& client : profiles)
    for (const auto& connector : profiles) {
      const auto prediction = oracle::predict({client}, {connector}).prediction;
      const auto record = run(*world, cell_of(client, connector, kHome));
      EXPECT_EQ(record.outcome == Outcome::direct, prediction == Prediction::direct);
      EXPECT_EQ(record.outcome == Outcome::relayed, prediction == Prediction::relayed) << record.reason;
      direct += record.outcome == Outcome::direct ? 1 : 0;
    }
  EXPECT_EQ(direct, 42) << "of 81, by docs/oracle.md";
  const std::array classic{0, 1, 2, 8};
  std::string table;
  for (const int client : classic)
    for (const int connector : classic)
      table += run(*world, cell_of(profiles[static_cast<std::size_t>(client)], profiles[static_cast<std::size_t>(connector)], kHome)).outcome ==
                       Outcome::direct ? '1' : '0';
  EXPECT_EQ(table, "1111" "1111" "1110" "1100");
}

TEST(TrialMemory, TheFirstByteTakesItsWays) {
  const auto world = make_memory_world();
  for (const double skew : {-700.0, 0.0, 350.0, 1500.0}) {
    auto ways = kHome;
    (skew < 0 ? ways.client_start : ways.connector_start) = std::abs(skew);
    const auto record = run(*world, cell_of(nine()[8], nine()[8], ways));
    ASSERT_TRUE(record.time_to_first_byte);
    // Whoever is later asks, is challenged and registers (1.5 round trips); the offer goes to the connector, its answer to the
    // client, data through the relay to the connector.
    const auto late = milliseconds{skew < 0 ? 30 * 3 + 35 + 35 + 30 + 30 + 35 : 35 * 3 + 35 + 35 + 30 + 30 + 35};
    EXPECT_GE(*record.time_to_first_byte, late - milliseconds{skew == 0 ? 15 : 0}) << skew;
    EXPECT_LE(*record.time_to_first_byte, late + milliseconds{1}) << skew;
  }
}

/// A trial that notes the first packet that each peer's program sends to the other, and when it is there.
struct FirstPackets final : trial::Application {
  trial::Trial& trial;
  IpAddress relay;
  std::array<std::optional<Time>, 2> sent, delivered;  ///< by sender

  FirstPackets(trial::Trial& t, const IpAddress& r) : trial(t), relay(r) {}
  void start(Time now, trial::Network& network) override { trial.start(now, network); }
  void on_datagram(Time now, trial::HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override {
    trial.on_datagram(now, host, source, destination, payload);
  }
  void on_timer(Time now, trial::HostId host) override { trial.on_timer(now, host); }
  void on_packet(const trial::PacketEvent& event) override {
    trial.on_packet(event);
    const auto view = packet::parse(event.packet);
    if (view->source.address == relay || view->destination.address == relay) return;
    using Kind = trial::PacketEvent::Kind;
    const auto side = static_cast<std::size_t>(event.side);
    if (event.kind == Kind::sent && !sent[side]) sent[side] = event.at;
    if (event.kind == Kind::delivered && !delivered[1 - side]) delivered[1 - side] = event.at;
  }
  bool finished() const override { return trial.finished(); }
};

TEST(TrialMemory, TheLaterSidesFirstPacketArrivesAfterSkewAndOneWay) {
  const auto world = make_memory_world();
  for (const milliseconds skew : {milliseconds{0}, milliseconds{40}, milliseconds{200}})
    for (const Ways& ways : {kHome, Ways{30, 10, 10, 20, 15}, Ways{80, 80, 80, 80, 20}}) {
      auto cell = cell_of(nine()[2], nine()[0], ways);  // no check of the earlier side gets in that would be answered
      // The first check is direct and can arrive.
      cell.policy.use_host_candidates = cell.policy.use_relay_candidates = false;
      cell.policy.start_skew = skew;
      const auto topology = trial::draw_topology(cell, 1, 0);
      trial::Trial trial(cell, topology, identities(), 1, 0);
      FirstPackets seen(trial, topology.host(trial::HostId::relay).addresses[0]);
      world->run(topology, seen, trial.until(), {});
      ASSERT_TRUE(seen.sent[1] && seen.delivered[0]);
      // Ways that differ by direction put the timed start off by half of what they differ, on either side
      // (docs/latency.md).
      const auto off = [](double up, double down) { return (down - up) / 2; };
      const auto apart = off(ways.client_up, ways.client_down) - off(ways.connector_up, ways.connector_down);
      const auto expected = skew + std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>{
                                       apart + ways.client_up + ways.connector_down});
      const auto measured = *seen.delivered[0] - *seen.sent[1];
      EXPECT_GE(measured, expected);
      EXPECT_LE(measured, expected + std::chrono::microseconds{10}) << "transmission of one check";
    }
}

TEST(TrialMemory, DirectIsNearTheLeastTime) {
  const auto world = make_memory_world();
  const auto profiles = nine();
  int cells = 0;
  for (const Ways& ways : {kHome, Ways{1, 1, 1, 1, 1}, Ways{40, 40, 5, 5, 10}, Ways{80, 80, 80, 80, 20}, Ways{30, 10, 10, 20, 15},
                           Ways{10, 10, 15, 15, 20, 900, 0}, Ways{10, 10, 15, 15, 20, 0, 77}, Ways{5, 45, 45, 5, 30}}) {
    for (const auto& client : profiles)
      for (const auto& connector : profiles) {
        const auto record = run(*world, cell_of(client, connector, ways));
        if (record.outcome != Outcome::direct) continue;
        ++cells;
        ASSERT_TRUE(record.time_to_direct && record.least_time_to_direct);
        EXPECT_GE(*record.time_to_direct, *record.least_time_to_direct);
        // Where the ways are shorter than the pacing, the pair of the private addresses that is checked first counts too.
        const auto least = *record.least_time_to_direct;
        const auto allowed = ways.relay > 1 ? Duration{0} : 3 * find_policy("relay-first")->pacing;
        EXPECT_LE(*record.time_to_direct, least + least / 10 + allowed)
            << "ways " << ways.client_up << "/" << ways.client_down << " " << ways.connector_up << "/" << ways.connector_down
            << ", mapping and filtering " << static_cast<int>(client.mapping) << static_cast<int>(client.filtering) << " with "
            << static_cast<int>(connector.mapping) << static_cast<int>(connector.filtering);
      }
  }
  EXPECT_GT(cells, 8 * 40);
}

TEST(TrialMemory, RegularNominationTakesItsWaitOrOneMoreCheck) {
  const auto world = make_memory_world();
  auto profiles = nine();
  profiles.emplace_back().translates = false;  // what is its own address is nominated at once
  profiles.back().filtering = Dependence::endpoint_independent;
  const auto varies = [](const nat::Profile& p) {
    return p.translates && p.mapping != Dependence::endpoint_independent;
  };
  int near = 0;
  for (const auto* name : {"ice", "libjuice"})
    for (const Ways& ways : {kHome, Ways{1, 1, 1, 1, 1}, Ways{80, 80, 80, 80, 20}, Ways{10, 10, 15, 15, 20, 900, 0}})
      for (const auto& client : profiles)
        for (const auto& connector : profiles) {
          auto cell = cell_of(client, connector, ways);
          cell.policy = *find_policy(name);
          const auto record = run(*world, cell);
          if (record.outcome != Outcome::direct) continue;
          ASSERT_TRUE(record.time_to_direct && record.least_time_to_direct);
          EXPECT_GE(*record.time_to_direct, *record.least_time_to_direct) << name;
          if (varies(client) || varies(connector)) continue;  // a check that comes too early is repeated an RTO later
          ++near;
          const auto most = cell.policy.pacing + std::max(cell.policy.acceptance_wait_reflexive, direct_round_trip(ways));
          EXPECT_LE(*record.time_to_direct, *record.least_time_to_direct + most + milliseconds{1}) << name;
        }
  EXPECT_EQ(near, 2 * 4 * 16);
}

TEST(TrialMemory, ATrialIsTheSameAnywhere) {
  auto first = make_memory_world();
  const auto profiles = nine();
  auto cell = cell_of(profiles[2], profiles[1], kHome);
  cell.client.access.loss = 0.05;
  cell.client.access.jitter = {link::Distribution::Kind::uniform, 0, 0.005};
  std::vector<results::TrialRecord> forwards, backwards(10);
  for (std::uint64_t i = 0; i < 10; ++i) forwards.push_back(run(*first, cell, i));
  for (std::uint64_t i = 10; i-- > 0;) backwards[i] = run(*first, cell, i);
  EXPECT_EQ(forwards, backwards);
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(run(*make_memory_world(), cell, i), forwards[i]);
  trial::RelayHost relay;
  for (std::uint64_t i = 10; i-- > 0;) EXPECT_EQ(run(*first, cell, i, &relay), forwards[i]);
  EXPECT_NE(forwards[0].trace_hash, forwards[1].trace_hash);
}

TEST(TrialMemory, LossNeverMakesWhatCannotBe) {
  const auto world = make_memory_world();
  const auto profiles = nine();
  int relayed = 0;
  for (std::size_t a = 0; a < 9; ++a)
    for (std::size_t b = 0; b < 9; ++b) {
      if (oracle::predict({profiles[a]}, {profiles[b]}).prediction != Prediction::relayed) continue;
      auto cell = cell_of(profiles[a], profiles[b], kHome);
      cell.client.access.loss = cell.connector.access.loss = 0.05;
      cell.client.access.jitter = {link::Distribution::Kind::uniform, 0, 0.020};
      for (std::uint64_t i = 0; i < 10; ++i) {
        const auto record = run(*world, cell, i);
        EXPECT_NE(record.outcome, Outcome::direct);
        EXPECT_NE(record.reason, "claim-contradicts-world");
        relayed += record.outcome == Outcome::relayed ? 1 : 0;
      }
    }
  EXPECT_GT(relayed, 300);
}

nat::Profile without_udp(nat::TcpPassage tcp) {
  auto p = translator(Dependence::endpoint_independent, Dependence::address_and_port_dependent);
  p.udp_blocked = true;
  p.tcp = tcp;
  return p;
}

TEST(TrialMemory, BlockedUdpIsRelayedOverStreams) {
  const auto world = make_memory_world();
  const auto open = nine()[2];
  for (const auto& policy : policy_presets())
    for (const auto tcp : {nat::TcpPassage::allowed, nat::TcpPassage::port_443, nat::TcpPassage::blocked})
      for (const auto& [client, connector] :
           {std::pair{without_udp(tcp), open}, {open, without_udp(tcp)}, {without_udp(tcp), without_udp(tcp)}}) {
        auto cell = cell_of(client, connector, kHome);
        cell.policy = policy;
        cell.timeout = std::chrono::seconds{policy.relay_first ? 15 : 60};
        const auto record = run(*world, cell);
        EXPECT_EQ(record.outcome, tcp == nat::TcpPassage::blocked ? Outcome::failed : Outcome::relayed) << policy.name;
        EXPECT_EQ(record.reason, "udp-blocked");
        EXPECT_EQ(record.probes_answered > 0, tcp != nat::TcpPassage::blocked);
        cell.policy.relay_transports = {{Transport::udp}, 1};
        EXPECT_EQ(run(*world, cell).outcome, Outcome::failed) << policy.name;
      }
}

TEST(TrialMemory, AStreamCostsItsWaitAndItsHandshake) {
  const auto world = make_memory_world();
  const auto over_udp = run(*world, cell_of(nine()[2], nine()[8], kHome));
  const auto wait = find_policy("relay-first")->relay_wait;
  for (const auto tcp : {nat::TcpPassage::allowed, nat::TcpPassage::port_443}) {
    const auto record = run(*world, cell_of(without_udp(tcp), nine()[8], kHome));
    const auto extra = *record.time_to_first_byte - *over_udp.time_to_first_byte;
    const auto waits = tcp == nat::TcpPassage::allowed ? 1 : 2;
    EXPECT_GE(extra, waits * wait + milliseconds{60});
    EXPECT_LE(extra, waits * wait + milliseconds{60 + 80}) << "the allocation comes before the offer";
    EXPECT_EQ(*record.rtt_relayed / milliseconds{1}, *over_udp.rtt_relayed / milliseconds{1});
  }
}

}  // namespace
}  // namespace punchlab::memory
