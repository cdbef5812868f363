// Behaviour discovery through the gateway model, in virtual time.
//
// 1. Over the full product of mapping, filtering and port allocation, it finds exactly what the profile declares: also
// pooling,
//    hairpinning, both UDP timers, and the direction that refreshes.
// 2. A seeded sample of all other axes (timers, refresh, hairpinning, addresses and pooling, parity, block size,
// collisions, kept
//    unsolicited state) comes out the same way, firewalls too.
// 3. A blocked UDP is found as such; timers beyond the wait are left out.
// 4. A profile that declares something else disagrees, on that axis alone: the comparison can fail.
// 5. The text has the keys of a scenario's NAT.
#include "sim/survey/nat_discovery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/base/rng.hpp"
#include "sim/survey/agreement.hpp"

namespace punchlab::survey {
namespace {

using nat::Dependence;
using nat::PortAllocation;
using nat::Profile;
using std::chrono::seconds;
constexpr Duration kLongest = seconds{600};

std::string describe(const Profile& p) {
  return std::string(name_of(p.mapping)) + " " + name_of(p.filtering) + " " + name_of(p.port_allocation) + " " +
         name_of(p.hairpinning) + " " + name_of(p.refresh) + " " + name_of(p.pooling) + " of " +
         std::to_string(p.addresses) + (p.translates ? "" : " firewall") + " collision " +
         std::to_string(static_cast<int>(p.on_collision)) + (p.unsolicited_creates_state ? " keeps-unsolicited" : "");
}

void expect_found(const Profile& p, std::uint64_t seed) {
  const auto found = discover(p, seed, kLongest);
  EXPECT_THAT(disagreements(p, found, kLongest), testing::IsEmpty()) << describe(p) << ", seed " << seed << "\n"
                                                                     << found.to_text();
}

template <class T>
T pick(Rng& rng, std::uint64_t n) {
  return static_cast<T>(rng.below(n));
}

TEST(Discovery, FindsMappingFilteringAndAllocation) {
  for (std::uint8_t mapping = 0; mapping < 3; ++mapping) {
    for (std::uint8_t filtering = 0; filtering < 3; ++filtering) {
      for (std::uint8_t allocation = 0; allocation < 4; ++allocation) {
        Profile p;
        p.mapping = static_cast<Dependence>(mapping);
        p.filtering = static_cast<Dependence>(filtering);
        p.port_allocation = static_cast<PortAllocation>(allocation);
        expect_found(p, 1U + mapping + 3U * filtering + 9U * allocation);
      }
    }
  }
}

TEST(Discovery, FindsTheOtherAxes) {
  SeededRng rng({1, 0, 0, purpose_of("discovery/sample")});
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Profile p;
    p.translates = rng.below(8) != 0;
    p.mapping = pick<Dependence>(rng, 3);
    p.filtering = pick<Dependence>(rng, 3);
    p.port_allocation = pick<PortAllocation>(rng, 4);
    p.on_collision = pick<nat::OnCollision>(rng, 4);
    if (p.on_collision == nat::OnCollision::drop) p.on_collision = nat::OnCollision::conntrack;
    p.hairpinning = pick<nat::Hairpinning>(rng, 3);
    p.refresh = pick<nat::Refresh>(rng, 3);
    p.pooling = pick<nat::Pooling>(rng, 2);
    p.addresses = static_cast<std::uint8_t>(1 + rng.below(4));
    p.port_parity = rng.below(4) == 0;
    p.block_size = static_cast<std::uint16_t>(256U << rng.below(4));
    p.timers.udp_unreplied = seconds{10 + rng.below(200)};
    p.timers.udp_replied = p.timers.udp_unreplied + seconds{rng.below(300)};
    p.timers.udp_assured_after = seconds{rng.below(4)};
    p.unsolicited_creates_state = rng.below(4) == 0;
    const bool scattered = p.pooling == nat::Pooling::arbitrary && p.addresses > 1;
    if (scattered && nat::shares_ports(p.on_collision)) p.on_collision = nat::OnCollision::random;  // left to chance
    expect_found(p, seed);
  }
}

TEST(Discovery, FindsBlockedUdp) {
  Profile p;
  p.udp_blocked = true;
  const auto found = discover(p, 1);
  EXPECT_FALSE(found.reachable);
  EXPECT_EQ(found.to_text(), "gateway: nat\nudp: blocked\n");
  EXPECT_THAT(disagreements(p, found), testing::IsEmpty());
}

TEST(Discovery, LeavesOutTimersBeyondTheWait) {
  Profile p;
  p.timers.udp_replied = seconds{3600};
  const auto found = discover(p, 1, seconds{600});
  EXPECT_EQ(found.unreplied, seconds{120});
  EXPECT_FALSE(found.replied);
  EXPECT_FALSE(found.refresh);
}

TEST(Discovery, DisagreesWithAnotherProfile) {
  Profile real;
  const auto found = discover(real, 1, kLongest);
  const auto axis_of = [&](auto&& change) {
    Profile claimed = real;
    change(claimed);
    const auto all = disagreements(claimed, found, kLongest);
    return all.size() == 1 ? all[0].substr(0, all[0].find(':')) : std::to_string(all.size()) + " axes";
  };
  EXPECT_EQ(axis_of([](Profile&) {}), "0 axes");
  EXPECT_EQ(axis_of([](Profile& p) { p.filtering = Dependence::address_dependent; }), "filtering");
  EXPECT_EQ(axis_of([](Profile& p) { p.hairpinning = nat::Hairpinning::none; }), "hairpinning");
  EXPECT_EQ(axis_of([](Profile& p) { p.timers.udp_unreplied = seconds{121}; }), "udp-unreplied");
  EXPECT_EQ(axis_of([](Profile& p) { p.timers.udp_replied = seconds{299}; }), "udp-replied");
  EXPECT_EQ(axis_of([](Profile& p) { p.refresh = nat::Refresh::outbound; }), "refresh");
  EXPECT_EQ(axis_of([](Profile& p) {
              p.port_allocation = PortAllocation::random;
              p.port_parity = true;
            }),
            "2 axes");
}

TEST(Discovery, WritesTheKeysOfAScenario) {
  EXPECT_EQ(discover(Profile{}, 1, kLongest).to_text(),
            "gateway: nat\nudp: allowed\nmapping: endpoint-independent\nfiltering: address-and-port-dependent\n"
            "port-allocation: preserve\npooling: paired\naddresses: 1\nhairpinning: external-source\ntimers:\n"
            "  udp-unreplied: 120 s\n  udp-replied: 300 s\nrefresh: both\n");
}

}  // namespace
}  // namespace punchlab::survey
