// Cases
//  1. A trial leaves the same trace alone, after a hundred others, and in any order: what is reused was reset.
//  2. The same with Wi-Fi and with a bottleneck, whose trials differ from seed to seed.
//  3. Transmission times are those of ns-3's DataRate, for all sizes and many rates.
//  4. Wi-Fi carries the exchange, later than a wire does and not twice alike.
//  5. Cross traffic delays and drops the exchange's packets; without it nothing is dropped. It has the rate that was
//     asked for, each way, and fills the access of a side to a network that both share, too.
//  6. A capture holds every packet of its interface in a file that begins as pcap files do, and changes no result.
//  7. A trial ends at its limit.
//  8. IPv6 is refused. An application that throws leaves nothing behind.
#include "sim/ns3/ns3_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "sim/link/transmitter.hpp"
#include "sim/memory/exchange.hpp"
#include "sim/ns3/ns3.hpp"

namespace punchlab::sim_ns3 {
namespace {

using memory::Exchange;
using memory::ExchangePlan;
using Kind = trial::PacketEvent::Kind;

constexpr Time kUntil = kTimeOrigin + std::chrono::seconds{15};

struct Trial {
  trial::Topology topology;
  ExchangePlan plan;
};

Trial trial_of(std::uint64_t seed, trial::Medium medium = trial::Medium::wire) {
  SeededRng rng{RngKey{seed, 0, 0, 0}};
  nat::Profile nat;
  nat.port_allocation = nat::PortAllocation::random;
  Trial t;
  t.topology =
      memory::exchange_topology(nat::Chain(medium == trial::Medium::wire ? rng.below(3) : 1, nat), {nat}, seed);
  t.plan.seed = seed;
  t.plan.flows = static_cast<std::uint32_t>(1 + rng.below(3));
  t.plan.rounds = 10;
  for (auto& host : t.topology.hosts) {
    host.access.up.loss = 0.02;
    host.access.down.bandwidth = 2'000'000;
    host.access.queue = 5;
  }
  t.topology.hosts[0].access.medium = medium;
  if (medium == trial::Medium::bottleneck) t.topology.hosts[0].access.cross_traffic = 1'000'000;
  return t;
}

std::vector<std::string> trace_of(trial::World& world, const Trial& t, const trial::WorldOptions& options = {}) {
  Exchange exchange{t.topology, t.plan};
  world.run(t.topology, exchange, kUntil, options);
  return exchange.trace();
}

std::vector<std::string> trace_alone(const Trial& t, const trial::WorldOptions& options = {}) {
  return trace_of(*make_ns3_world(), t, options);
}

TEST(Ns3World, TrialsDoNotDependOnEachOther) {  // case 1
  constexpr std::uint64_t kTrials = 100;
  const auto world = make_ns3_world();
  std::vector<std::vector<std::string>> forwards;
  for (std::uint64_t i = 0; i < kTrials; ++i) forwards.push_back(trace_of(*world, trial_of(i)));
  for (std::uint64_t i = kTrials; i-- > 0;) EXPECT_EQ(trace_of(*world, trial_of(i)), forwards[i]) << "trial " << i;
  for (std::uint64_t i = 0; i < kTrials; i += 9) EXPECT_EQ(trace_alone(trial_of(i)), forwards[i]) << "trial " << i;
  EXPECT_GT(forwards[3].size(), 100U);
  EXPECT_NE(forwards[3], forwards[4]);
}

TEST(Ns3World, TrialsOnOtherMediaDoNotDependOnEachOther) {  // case 2
  for (const auto medium : {trial::Medium::wifi, trial::Medium::bottleneck}) {
    const auto world = make_ns3_world();
    const auto first = trace_of(*world, trial_of(1, medium));
    const auto wire = trace_of(*world, trial_of(1));
    const auto second = trace_of(*world, trial_of(2, medium));
    EXPECT_EQ(trace_of(*world, trial_of(2, medium)), second);
    EXPECT_EQ(trace_of(*world, trial_of(1, medium)), first);
    EXPECT_EQ(trace_of(*world, trial_of(1)), wire);
    EXPECT_EQ(trace_alone(trial_of(2, medium)), second);
    EXPECT_NE(first, second);
    EXPECT_GT(first.size(), 50U);
  }
}

TEST(Ns3World, TransmissionTimesAreThoseOfDataRate) {  // case 3
  SeededRng rng{RngKey{3, 0, 0, 0}};
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t rate = 1 + rng.below(std::uint64_t{1} << (1 + rng.below(36)));
    for (const std::uint32_t size : {20U, 48U, 100U, 1499U, static_cast<std::uint32_t>(rng.below(1600))}) {
      const auto expected = ns3::DataRate{rate}.CalculateBytesTxTime(size + 2).GetTimeStep();
      ASSERT_EQ(link::transmission_time(size, rate).count(), expected) << size << " bytes at " << rate << " bit/s";
    }
  }
}

TEST(Ns3World, WifiCarriesTheExchange) {  // case 4
  auto t = trial_of(5, trial::Medium::wifi);
  Exchange wifi{t.topology, t.plan};
  make_ns3_world()->run(t.topology, wifi, kUntil, {});
  t.topology.hosts[0].access.medium = trial::Medium::wire;
  Exchange wire{t.topology, t.plan};
  make_ns3_world()->run(t.topology, wire, kUntil, {});
  EXPECT_GT(wifi.delivered(), wire.delivered() / 2);
  EXPECT_NE(wifi.trace(), wire.trace());
}

TEST(Ns3World, CrossTrafficFillsTheBottleneck) {  // case 5
  auto t = trial_of(6, trial::Medium::bottleneck);
  t.plan.rounds = 100;
  t.topology.hosts[0].access.up.bandwidth = t.topology.hosts[0].access.down.bandwidth = 1'000'000;
  t.topology.hosts[0].access.cross_traffic = 1'000'000;
  Exchange busy{t.topology, t.plan};
  make_ns3_world()->run(t.topology, busy, kUntil, {});
  EXPECT_GT(busy.count(Kind::queue_overflow), 10U);
  EXPECT_GT(busy.delivered(), 20U);
  t.topology.hosts[0].access.cross_traffic = 0;
  Exchange quiet{t.topology, t.plan};
  make_ns3_world()->run(t.topology, quiet, kUntil, {});
  EXPECT_EQ(quiet.count(Kind::queue_overflow), 0U);
}

std::vector<std::string> trace_in_shared_network(std::uint64_t cross_traffic) {
  Trial t;
  t.topology = memory::exchange_topology({{}}, {{}}, {{}}, 10);
  t.plan.rounds = 20;
  auto& access = t.topology.hosts[0].access;
  access.medium = trial::Medium::bottleneck;
  access.up.bandwidth = access.down.bandwidth = 1'000'000;
  access.cross_traffic = cross_traffic;
  return trace_alone(t);
}

TEST(Ns3World, CrossTrafficFillsTheWayToASharedNetwork) {  // case 5
  const auto busy = trace_in_shared_network(500'000);
  EXPECT_GT(busy.size(), 20U);
  EXPECT_NE(busy, trace_in_shared_network(0));
}

class Folder {
 public:
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("ns3-world-test-" + std::to_string(::getpid()));
};

/// Number of packets in a little-endian pcap file; -1 when it is none.
int packets_in(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  const std::vector<char> text{std::istreambuf_iterator<char>{in}, {}};
  const auto word = [&](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, &text[at], 4);
    return value;
  };
  if (text.size() < 24 || (word(0) != 0xA1B2C3D4 && word(0) != 0xA1B23C4D)) return -1;
  int count = 0;
  std::size_t at = 24;
  for (; at + 16 <= text.size(); at += 16 + word(at + 8)) ++count;
  return at == text.size() ? count : -1;
}

TEST(Ns3World, CapturesEveryInterface) {  // case 6
  const Folder folder;
  const auto t = trial_of(7);
  EXPECT_EQ(trace_alone(t, {folder.path}), trace_alone(t));
  Exchange exchange{t.topology, t.plan};
  make_ns3_world()->run(t.topology, exchange, kUntil, {folder.path});
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path}) {
    ++files;
    EXPECT_GT(packets_in(entry.path()), 5) << entry.path();
  }
  std::size_t links = 0;
  for (const auto& host : t.topology.hosts) links += host.gateways.size() + 1;
  EXPECT_EQ(files, 2 * links);
}

TEST(Ns3World, CrossTrafficHasItsRate) {  // case 5
  constexpr double kSeconds = 14;
  auto t = trial_of(6, trial::Medium::bottleneck);
  t.plan.rounds = static_cast<std::uint32_t>(kSeconds * 50);
  auto& access = t.topology.hosts[0].access;
  access.up.bandwidth = access.down.bandwidth = 100'000'000;
  access.queue = 100;
  const auto packets = [&](std::uint64_t rate) {
    const Folder folder;
    access.cross_traffic = rate;
    trace_alone(t, {folder.path});
    return packets_in(folder.path / "client-1-bottleneck-outer.pcap");
  };
  const double both_ways = (packets(1'000'000) - packets(0)) / kSeconds;
  EXPECT_NEAR(both_ways, 2 * 125, 40) << "datagrams of 1000 bytes per second; some 70 bursts each way";
}

TEST(Ns3World, EndsAtItsLimit) {  // case 7
  auto t = trial_of(8);
  t.plan.rounds = 1'000'000;
  Exchange exchange{t.topology, t.plan};
  make_ns3_world()->run(t.topology, exchange, kTimeOrigin + std::chrono::milliseconds{250}, {});
  ASSERT_FALSE(exchange.trace().empty());
  EXPECT_LT(exchange.trace().back(),
            std::to_string((kTimeOrigin + std::chrono::milliseconds{250}).time_since_epoch().count()));
  EXPECT_GT(exchange.trace().back(),
            std::to_string((kTimeOrigin + std::chrono::milliseconds{200}).time_since_epoch().count()));
}

/// Throws with packets under way.
class Thrower final : public Exchange {
 public:
  using Exchange::Exchange;
  void on_datagram(Time, trial::HostId, const TransportAddress&, const TransportAddress&, Bytes) override {
    throw std::runtime_error("on purpose");
  }
};

TEST(Ns3World, SurvivesWhatItRefusesAndWhatThrows) {  // case 8
  const auto world = make_ns3_world();
  const auto t = trial_of(9);
  const auto before = trace_of(*world, t);
  auto v6 = t;
  v6.topology.hosts[0].addresses = {*IpAddress::parse("2001:db8::1")};
  EXPECT_THROW(trace_of(*world, v6), std::invalid_argument);
  Thrower thrower{t.topology, t.plan};
  EXPECT_THROW(world->run(t.topology, thrower, kUntil, {}), std::runtime_error);
  EXPECT_EQ(trace_of(*world, t), before);
}

}  // namespace
}  // namespace punchlab::sim_ns3
