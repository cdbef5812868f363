// Port allocation and collisions (RFC 4787 section 4.2), ranges, parity, and limits.
//
// 1. Preserve keeps the internal port while it is free and in range.
// 2. On collision: next takes the following port, random some other, overload shares it until two flows would look
//    alike, drop refuses. Conntrack shares it too, and new flows use the port of their internal endpoint's newest one of
//    those that are still there.
// 3. Sequential counts up by one; random does not, and stays in range; block stays in one block per host.
// 4. Parity keeps even ports even and odd ports odd, with every allocation.
// 5. A full range refuses with ports-exhausted, and gives ports out again once mappings expire.
// 6. The limits on mappings, in all and per host, hold exactly, and room comes back with expiry.
// 7. A used port never serves two internal endpoints without overloading.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "sim/nat/nat_lab.hpp"

namespace punchlab::nat {
namespace {

const TransportAddress kR1{kRemote1, 3478};
const TransportAddress kR2{kRemote2, 3478};

TransportAddress a(std::uint16_t port) { return {kHostA, port}; }
TransportAddress b(std::uint16_t port) { return {kHostB, port}; }

Profile with(PortAllocation allocation, OnCollision collision = OnCollision::next) {
  Profile p;
  p.port_allocation = allocation;
  p.on_collision = collision;
  return p;
}

TEST(Preserve, KeepsFreePortsInRange) {
  NatLab lab(with(PortAllocation::preserve));
  EXPECT_EQ(lab.mapped(a(5000), kR1).port, 5000);
  const auto low = lab.mapped(a(80), kR1).port;
  EXPECT_GE(low, 1024);
}

TEST(Preserve, CollisionTakesNext) {
  NatLab lab(with(PortAllocation::preserve));
  lab.mapped(a(5000), kR1);
  EXPECT_EQ(lab.mapped(b(5000), kR1).port, 5001);
  EXPECT_EQ(lab.mapped(b(5001), kR1).port, 5002);
}

TEST(Preserve, NextWrapsAround) {
  NatLab lab(with(PortAllocation::preserve));
  lab.mapped(a(65535), kR1);
  EXPECT_EQ(lab.mapped(b(65535), kR1).port, 1024);
}

TEST(Preserve, CollisionTakesRandom) {
  std::set<std::uint16_t> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    NatLab lab(with(PortAllocation::preserve, OnCollision::random), seed);
    lab.mapped(a(5000), kR1);
    seen.insert(lab.mapped(b(5000), kR1).port);
  }
  EXPECT_GT(seen.size(), 15U);
  EXPECT_FALSE(seen.contains(5000));
}

TEST(Preserve, CollisionIsRefused) {
  NatLab lab(with(PortAllocation::preserve, OnCollision::drop));
  lab.mapped(a(5000), kR1);
  EXPECT_EQ(lab.out(b(5000), kR1).verdict.reason, Reason::ports_exhausted);
  EXPECT_TRUE(lab.out(b(80), kR1).passed()) << "a port out of range is not taken by another";
}

TEST(Overload, SharesUntilFlowsWouldLookAlike) {
  NatLab lab(with(PortAllocation::preserve, OnCollision::overload));
  EXPECT_EQ(lab.mapped(a(5000), kR1).port, 5000);
  EXPECT_EQ(lab.mapped(b(5000), kR2).port, 5000);
  EXPECT_EQ(lab.in(kR1, {external_address(0), 5000}).destination, a(5000));
  EXPECT_EQ(lab.in(kR2, {external_address(0), 5000}).destination, b(5000));
  const auto apart = lab.mapped(b(5000), kR1);
  EXPECT_NE(apart.port, 5000) << "remapped for that destination only";
  EXPECT_EQ(lab.in(kR1, apart).destination, b(5000));
  EXPECT_EQ(lab.mapped(b(5000), kR2).port, 5000);
}

TEST(Conntrack, StaysWithTheNewestFlow) {
  NatLab lab(with(PortAllocation::preserve, OnCollision::conntrack));
  EXPECT_EQ(lab.mapped(a(5000), kR1).port, 5000);
  EXPECT_EQ(lab.mapped(b(5000), kR2).port, 5000);
  const auto apart = lab.mapped(b(5000), kR1);
  EXPECT_NE(apart.port, 5000);
  EXPECT_EQ(lab.mapped(b(5000), {kRemote2, 9}), apart) << "a new flow uses the port of the newest one";
  EXPECT_EQ(lab.mapped(b(5000), kR2).port, 5000) << "an old flow keeps its own";
  EXPECT_EQ(lab.mapped(a(5000), {kRemote2, 9}).port, 5000);
  EXPECT_EQ(lab.in({kRemote2, 9}, apart).destination, b(5000));
  EXPECT_EQ(lab.in({kRemote2, 9}, {external_address(0), 5000}).destination, a(5000));
  EXPECT_EQ(lab.in(kR2, {external_address(0), 5000}).destination, b(5000));
}

TEST(Conntrack, FollowsWhatIsLeft) {
  auto profile = with(PortAllocation::preserve, OnCollision::conntrack);
  profile.timers.udp_unreplied = std::chrono::seconds{30};
  NatLab lab(profile);
  lab.mapped(a(5000), kR1);
  lab.mapped(b(5000), kR2);
  const auto apart = lab.mapped(b(5000), kR1);
  lab.wait(std::chrono::seconds{20});
  EXPECT_EQ(lab.mapped(b(5000), kR1), apart);
  lab.wait(std::chrono::seconds{20});  // that flow alone is left
  EXPECT_EQ(lab.mapped(b(5000), {kRemote2, 9}), apart);
  lab.wait(std::chrono::seconds{40});
  EXPECT_EQ(lab.mapped(b(5000), {kRemote2, 9}).port, 5000) << "nothing is left";
  lab.mapped(a(5000), kR1);
  const auto again = lab.mapped(b(5000), kR1);
  EXPECT_NE(again.port, 5000);
  lab.wait(std::chrono::seconds{20});
  lab.mapped(b(5000), {kRemote2, 9});
  lab.wait(std::chrono::seconds{20});  // the flow with the other port is gone
  EXPECT_EQ(lab.mapped(b(5000), kR2).port, 5000);
}

TEST(Sequential, CountsUp) {
  NatLab lab(with(PortAllocation::sequential));
  const auto first = lab.mapped(a(5000), kR1).port;
  for (std::uint16_t i = 1; i < 20; ++i) {
    const int expected = first + i > 65535 ? first + i - 65536 + 1024 : first + i;
    EXPECT_EQ(lab.mapped(a(static_cast<std::uint16_t>(7000 - 13 * i)), kR1).port, expected);
  }
}

TEST(Random, StaysInRangeAndJumps) {
  Profile p = with(PortAllocation::random);
  p.ports = {20000, 20999};
  NatLab lab(p);
  std::vector<int> seen;
  for (std::uint16_t i = 0; i < 500; ++i) seen.push_back(lab.mapped(a(static_cast<std::uint16_t>(5000 + i)), kR1).port);
  EXPECT_THAT(seen, testing::Each(testing::AllOf(testing::Ge(20000), testing::Le(20999))));
  EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), 500U);
  EXPECT_LT(*std::min_element(seen.begin(), seen.end()), 20020);
  EXPECT_GT(*std::max_element(seen.begin(), seen.end()), 20980);
  EXPECT_FALSE(std::is_sorted(seen.begin(), seen.begin() + 10));
}

TEST(Block, GivesEachHostOneBlock) {
  Profile p = with(PortAllocation::block);
  p.block_size = 64;
  NatLab lab(p);
  const auto block_of = [&](const TransportAddress& from) { return (lab.mapped(from, kR1).port - 1024) / 64; };
  const int first = block_of(a(5000));
  const int second = block_of(b(5000));
  EXPECT_NE(first, second);
  for (std::uint16_t i = 1; i < 64; ++i) {
    EXPECT_EQ(block_of(a(static_cast<std::uint16_t>(5000 + i))), first);
    EXPECT_EQ(block_of(b(static_cast<std::uint16_t>(5000 + i))), second);
  }
  EXPECT_EQ(lab.out(a(6000), kR1).verdict.reason, Reason::ports_exhausted) << "the block is full";
}

TEST(Block, IsLeasedAgainAfterItsLastMapping) {
  Profile p = with(PortAllocation::block);
  p.ports = {1024, 1024 + 2 * 64 - 1};
  p.block_size = 64;
  NatLab lab(p);
  lab.out(a(1), kR1);
  lab.out(b(1), kR1);
  const TransportAddress third{IpAddress::v4(192, 168, 1, 12), 1};
  EXPECT_EQ(lab.out(third, kR1).verdict.reason, Reason::ports_exhausted);
  lab.wait(std::chrono::minutes{10});
  EXPECT_TRUE(lab.out(third, kR1).passed());
}

TEST(Parity, KeepsEvenEvenAndOddOdd) {
  for (const auto allocation :
       {PortAllocation::preserve, PortAllocation::sequential, PortAllocation::random, PortAllocation::block}) {
    Profile p = with(allocation);
    p.port_parity = true;
    NatLab lab(p);
    for (std::uint16_t i = 0; i < 100; ++i) {
      const auto from = i < 50 ? a(static_cast<std::uint16_t>(5000 + i)) : b(static_cast<std::uint16_t>(5000 + i - 50));
      EXPECT_EQ(lab.mapped(from, kR1).port % 2, from.port % 2) << static_cast<int>(allocation);
    }
  }
}

TEST(Ports, RunOutAndComeBack) {
  for (const auto allocation : {PortAllocation::preserve, PortAllocation::sequential, PortAllocation::random}) {
    Profile p = with(allocation);
    p.ports = {2000, 2009};
    NatLab lab(p);
    std::set<std::uint16_t> seen;
    for (std::uint16_t i = 0; i < 10; ++i) seen.insert(lab.mapped(a(static_cast<std::uint16_t>(5000 + i)), kR1).port);
    EXPECT_EQ(seen.size(), 10U);
    EXPECT_EQ(lab.out(a(6000), kR1).verdict.reason, Reason::ports_exhausted);
    EXPECT_TRUE(lab.tcp_out(a(6000), kR1, packet::kSyn).passed()) << "TCP ports are others";
    lab.wait(std::chrono::seconds{120});
    EXPECT_TRUE(lab.out(a(6000), kR1).passed());
  }
}

TEST(Limits, HoldInAll) {
  Profile p;
  p.max_mappings = 100;
  NatLab lab(p);
  for (std::uint16_t i = 0; i < 100; ++i) EXPECT_TRUE(lab.out(a(static_cast<std::uint16_t>(5000 + i)), kR1).passed());
  EXPECT_EQ(lab.out(a(6000), kR1).verdict.reason, Reason::too_many_mappings);
  EXPECT_TRUE(lab.out(a(5000), kR2).passed()) << "an existing mapping still works";
  lab.wait(std::chrono::seconds{120});
  EXPECT_TRUE(lab.out(a(6000), kR1).passed());
  EXPECT_EQ(lab.box().mappings(lab.now()).size(), 1U);
}

TEST(Limits, HoldPerHost) {
  Profile p;
  p.max_mappings_per_host = 3;
  NatLab lab(p);
  for (std::uint16_t i = 0; i < 3; ++i) EXPECT_TRUE(lab.out(a(static_cast<std::uint16_t>(5000 + i)), kR1).passed());
  EXPECT_EQ(lab.out(a(6000), kR1).verdict.reason, Reason::too_many_mappings_of_host);
  EXPECT_TRUE(lab.out(b(6000), kR1).passed());
  lab.wait(std::chrono::seconds{120});
  EXPECT_TRUE(lab.out(a(6000), kR1).passed());
}

}  // namespace
}  // namespace punchlab::nat
