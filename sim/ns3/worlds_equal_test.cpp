// Cases
//  1. Hosts without gateways: memory and ns-3 see the same packets, byte for byte, at the same nanosecond, in one
//  order.
//  2. The same behind every pair of the four classic NATs.
//  3. The same with private destinations, packets whose TTL runs out on the way, and several flows.
//  4. The same when slow links fill their queues until packets are dropped.
//  5. The same with jitter and loss, because both worlds draw them from the same stream.
//  6. The same over random chains, links and traffic.
//  7. The same where both peers stand in one network: behind each of the classic NATs with each kind of hairpinning,
//  which decides
//     who reaches whom, and over random chains of shared gateways.
#include <gtest/gtest.h>

#include "sim/memory/exchange.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/ns3/ns3_world.hpp"

namespace punchlab::sim_ns3 {
namespace {

using memory::Exchange;
using memory::ExchangePlan;
using Kind = trial::PacketEvent::Kind;
using nat::Dependence;

constexpr Time kUntil = kTimeOrigin + std::chrono::seconds{15};

nat::Profile nat_of(Dependence mapping, Dependence filtering) {
  nat::Profile profile;
  profile.mapping = mapping;
  profile.filtering = filtering;
  if (mapping != Dependence::endpoint_independent) profile.port_allocation = nat::PortAllocation::random;
  return profile;
}

const std::vector<nat::Profile>& classic() {
  constexpr auto kIndependent = Dependence::endpoint_independent;
  static const std::vector<nat::Profile> profiles = {
      nat_of(kIndependent, kIndependent), nat_of(kIndependent, Dependence::address_dependent),
      nat_of(kIndependent, Dependence::address_and_port_dependent),
      nat_of(Dependence::address_and_port_dependent, Dependence::address_and_port_dependent)};
  return profiles;
}

/// Worlds are kept between the runs of a test, as a run keeps them between trials; they end before ns-3's own statics
/// do.
class WorldsEqual : public testing::Test {
 protected:
  Exchange expect_equal(const trial::Topology& topology, const ExchangePlan& plan);

 private:
  std::unique_ptr<trial::World> memory_ = memory::make_memory_world();
  std::unique_ptr<trial::World> ns3_ = make_ns3_world();
};

/// Runs the exchange in both worlds and compares all that happened.
Exchange WorldsEqual::expect_equal(const trial::Topology& topology, const ExchangePlan& plan) {
  Exchange in_memory{topology, plan};
  memory_->run(topology, in_memory, kUntil, {});
  Exchange in_ns3{topology, plan};
  ns3_->run(topology, in_ns3, kUntil, {});
  const auto& a = in_memory.trace();
  const auto& b = in_ns3.trace();
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string left = i < a.size() ? a[i] : "nothing";
    const std::string right = i < b.size() ? b[i] : "nothing";
    if (left == right) continue;
    ADD_FAILURE() << "seed " << plan.seed << ", line " << i << "\nmemory: " << left << "\nns-3:   " << right;
    break;
  }
  return in_memory;
}

TEST_F(WorldsEqual, WithoutGateways) {  // case 1
  const auto seen = expect_equal(memory::exchange_topology({}, {}, 1), {});
  EXPECT_GT(seen.direct(), 60U);
}

TEST_F(WorldsEqual, BehindEachPairOfClassicNats) {  // case 2
  for (std::size_t i = 0; i < classic().size(); ++i)
    for (std::size_t k = 0; k < classic().size(); ++k) {
      const auto seen = expect_equal(memory::exchange_topology({classic()[i]}, {classic()[k]}, 4 * i + k), {});
      const bool cannot = (i == 3 && k >= 2) || (k == 3 && i >= 2);
      if (cannot)
        EXPECT_EQ(seen.direct(), 0U) << i << "," << k;
      else
        EXPECT_GT(seen.direct(), 30U) << i << "," << k;
      EXPECT_GT(seen.count(Kind::translated), 100U);
    }
}

TEST_F(WorldsEqual, WithLowTtlAndPrivateDestinations) {  // case 3
  ExchangePlan plan;
  plan.flows = 3;
  plan.low_ttl = 0.4;
  plan.to_private = true;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    plan.seed = seed;
    const nat::Chain chain(seed % 3, classic()[seed % 4]);
    const auto seen = expect_equal(memory::exchange_topology(chain, {classic()[1]}, seed), plan);
    EXPECT_GT(seen.count(Kind::ttl_expired), 5U);
  }
}

TEST_F(WorldsEqual, WithFullQueues) {  // case 4
  auto topology = memory::exchange_topology({classic()[0]}, {classic()[1]}, 7);
  topology.hosts[0].access.up.bandwidth = 256'000;
  topology.hosts[0].access.queue = 4;
  topology.hosts[1].access.down.bandwidth = 100'000;
  topology.hosts[1].access.queue = 7;
  ExchangePlan plan;
  plan.flows = 2;
  plan.burst = 6;
  plan.largest = 1200;
  const auto seen = expect_equal(topology, plan);
  EXPECT_GT(seen.count(Kind::queue_overflow), 50U);
  EXPECT_GT(seen.direct(), 20U);
}

TEST_F(WorldsEqual, WithJitterAndLoss) {  // case 5
  auto topology = memory::exchange_topology({classic()[2]}, {classic()[0]}, 9);
  for (auto& host : topology.hosts)
    for (auto* direction : {&host.access.up, &host.access.down}) {
      direction->loss = 0.05;
      direction->jitter = {link::Distribution::Kind::exponential, 0.004, 0};
    }
  const auto seen = expect_equal(topology, {});
  EXPECT_GT(seen.count(Kind::lost_on_link), 3U);
  EXPECT_GT(seen.direct(), 50U);
}

nat::Chain random_chain(SeededRng& rng) {
  nat::Chain chain;
  for (auto length = rng.below(4); length > 0; --length) {
    chain.push_back(classic()[rng.below(4)]);
    chain.back().translates = rng.chance(0.8);
    chain.back().unsolicited = rng.chance(0.3) ? nat::Unsolicited::icmp : nat::Unsolicited::drop;
  }
  return chain;
}

void make_rough(trial::LinkSpec& link, SeededRng& rng) {
  constexpr std::uint64_t kRates[] = {100'000, 1'000'000, 10'000'000, 100'000'000, link::kPlainBandwidth};
  link.queue = static_cast<std::uint32_t>(1 + rng.below(20));
  const bool rough = rng.chance(0.5);
  for (auto* direction : {&link.up, &link.down}) {
    direction->bandwidth = kRates[rng.below(5)];
    if (!rough) continue;
    direction->loss = rng.uniform() * 0.1;
    direction->jitter = {link::Distribution::Kind::uniform, 0, 0.010};
  }
}

trial::Topology random_topology(SeededRng& rng) {
  const auto client = random_chain(rng);
  const auto connector = random_chain(rng);
  auto topology = memory::exchange_topology(client, connector, rng.next());
  for (auto& host : topology.hosts) make_rough(host.access, rng);
  return topology;
}

ExchangePlan random_plan(std::uint64_t seed, SeededRng& rng) {
  ExchangePlan plan;
  plan.seed = seed;
  plan.flows = static_cast<std::uint32_t>(1 + rng.below(4));
  plan.burst = static_cast<std::uint32_t>(1 + rng.below(4));
  plan.largest = static_cast<std::uint32_t>(100 + rng.below(1100));
  plan.low_ttl = rng.chance(0.5) ? 0.2 : 0;
  plan.to_private = rng.chance(0.5);
  return plan;
}

TEST_F(WorldsEqual, OverRandomTopologies) {  // case 6
  for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    SeededRng rng{RngKey{seed, 0, 0, purpose_of("worlds equal")}};
    const auto topology = random_topology(rng);
    expect_equal(topology, random_plan(seed, rng));
  }
}

TEST_F(WorldsEqual, InOneSharedNetwork) {  // case 7
  constexpr std::array kHairpinnings{nat::Hairpinning::none, nat::Hairpinning::internal_source,
                                     nat::Hairpinning::external_source};
  for (const auto hairpinning : kHairpinnings)
    for (std::size_t i = 0; i < classic().size(); ++i) {
      auto carrier = classic()[i];
      carrier.hairpinning = hairpinning;
      const auto homes = expect_equal(memory::exchange_topology({classic()[2]}, {classic()[1]}, {carrier}, i), {});
      const bool reaches = hairpinning == nat::Hairpinning::external_source && i < 3;
      EXPECT_EQ(homes.direct() > 30, reaches) << static_cast<int>(hairpinning) << "," << i;
      ExchangePlan plan;
      plan.to_private = true;
      const auto hosts = expect_equal(memory::exchange_topology({}, {}, {carrier}, i), plan);
      EXPECT_GT(hosts.direct(), 30U) << "to the addresses that they have in it";
    }
}

TEST_F(WorldsEqual, OverRandomSharedNetworks) {  // case 7
  std::uint64_t direct = 0;
  for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    SeededRng rng{RngKey{seed, 0, 0, purpose_of("worlds equal, shared")}};
    const auto client = random_chain(rng);
    const auto connector = random_chain(rng);
    auto shared = random_chain(rng);
    for (auto& gateway : shared) gateway.hairpinning = static_cast<nat::Hairpinning>(rng.below(3));
    auto topology = memory::exchange_topology(client, connector, shared, rng.next());
    for (auto& host : topology.hosts) make_rough(host.access, rng);
    make_rough(topology.shared->access, rng);
    direct += expect_equal(topology, random_plan(seed, rng)).direct();
  }
  EXPECT_GT(direct, 1000U);
}

}  // namespace
}  // namespace punchlab::sim_ns3
