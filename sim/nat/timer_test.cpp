// Timers (RFC 4787 section 4.3) and what refreshes them.
//
// 1. An unreplied mapping lives for `udp_unreplied`, to the nanosecond; a replied one for `udp_replied`.
// 2. `udp_assured_after`: two-way traffic of less age keeps the unreplied timer.
// 3. Refresh outbound: packets from inside keep the mapping, packets from outside do not; inbound: the other way round;
//    both: either.
// 4. Each session has its own timer where the filter looks at the remote, and the mapping lives as long as any.
// 5. With an open filter the mapping as a whole is refreshed, by strangers too.
// 6. An expired mapping lets nothing in, and the same endpoint may get another port.
#include <gmock/gmock.h>

#include "sim/nat/nat_lab.hpp"

namespace punchlab::nat {
namespace {

using std::chrono::seconds;
const TransportAddress kA{kHostA, 5000};
const TransportAddress kR1{kRemote1, 3478};
const TransportAddress kR2{kRemote2, 3478};
constexpr Duration kTick{1};

Profile timed(Refresh refresh, Dependence filtering = Dependence::address_and_port_dependent) {
  Profile p;
  p.filtering = filtering;
  p.refresh = refresh;
  p.timers.udp_unreplied = seconds{30};
  p.timers.udp_replied = seconds{100};
  return p;
}

TEST(Timers, UnrepliedToTheNanosecond) {
  NatLab lab(timed(Refresh::both));
  const auto external = lab.mapped(kA, kR1);
  lab.wait(seconds{30} - kTick);
  EXPECT_EQ(lab.box().mappings(lab.now()).size(), 1U);
  lab.wait(kTick);
  EXPECT_TRUE(lab.box().mappings(lab.now()).empty());
  EXPECT_EQ(lab.in(kR1, external).verdict.reason, Reason::no_mapping);
}

TEST(Timers, ReplyMakesItLonger) {
  NatLab lab(timed(Refresh::both));
  const auto external = lab.mapped(kA, kR1);
  EXPECT_TRUE(lab.in(kR1, external).passed());
  lab.wait(seconds{100} - kTick);
  EXPECT_TRUE(lab.in(kR1, external).passed());
  lab.wait(seconds{100});
  EXPECT_FALSE(lab.in(kR1, external).passed());
}

TEST(Timers, AssuredOnlyAfterAWhile) {
  Profile p = timed(Refresh::both);
  p.timers.udp_assured_after = seconds{2};
  NatLab lab(p);
  const auto external = lab.mapped(kA, kR1);
  lab.wait(seconds{1});
  lab.in(kR1, external);
  lab.wait(seconds{30});
  EXPECT_FALSE(lab.in(kR1, external).passed());
  lab.out(kA, kR1);
  lab.in(kR1, external);
  lab.wait(seconds{2});
  lab.out(kA, kR1);
  lab.wait(seconds{100} - kTick);
  EXPECT_TRUE(lab.in(kR1, external).passed());
}

/// Seconds that a replied mapping survives while every 20 s a packet passes in one direction, up to 400.
int survives(Refresh refresh, From direction, Dependence filtering) {
  NatLab lab(timed(refresh, filtering));
  const auto external = lab.mapped(kA, kR1);
  lab.in(kR1, external);
  lab.out(kA, kR1);
  lab.in(kR1, external);
  for (int t = 20; t <= 400; t += 20) {
    lab.wait(seconds{20});
    if (lab.box().mappings(lab.now()).empty()) return t;
    direction == From::inside ? lab.out(kA, kR1) : lab.in(kR1, external);
  }
  return 400;
}

TEST(Refreshing, FollowsTheDirection) {
  for (const auto filtering :
       {Dependence::endpoint_independent, Dependence::address_dependent, Dependence::address_and_port_dependent}) {
    EXPECT_EQ(survives(Refresh::both, From::inside, filtering), 400);
    EXPECT_EQ(survives(Refresh::both, From::outside, filtering), 400);
    EXPECT_EQ(survives(Refresh::outbound, From::inside, filtering), 400);
    EXPECT_EQ(survives(Refresh::outbound, From::outside, filtering), 100);
    EXPECT_EQ(survives(Refresh::inbound, From::inside, filtering), 100);
    EXPECT_EQ(survives(Refresh::inbound, From::outside, filtering), 400);
  }
}

TEST(Sessions, ExpireOneByOne) {
  NatLab lab(timed(Refresh::both));
  const auto external = lab.mapped(kA, kR1);
  lab.out(kA, kR2);
  lab.wait(seconds{20});
  EXPECT_EQ(lab.mapped(kA, kR1), external);
  lab.wait(seconds{15});
  EXPECT_TRUE(lab.in(kR1, external).passed());
  EXPECT_EQ(lab.in(kR2, external).verdict.reason, Reason::filtered_by_address) << "that session has expired";
}

TEST(Sessions, OpenFilterRefreshesTheWholeMapping) {
  NatLab lab(timed(Refresh::both, Dependence::endpoint_independent));
  const auto external = lab.mapped(kA, kR1);
  for (int i = 0; i < 10; ++i) {
    lab.wait(seconds{29});
    EXPECT_TRUE(lab.in(kR2, external).passed());
  }
}

TEST(Expiry, FreesThePort) {
  NatLab lab(timed(Refresh::both));
  lab.mapped(kA, kR1);
  EXPECT_NE(lab.mapped({kHostB, 5000}, kR1).port, 5000);
  lab.wait(seconds{30});
  EXPECT_EQ(lab.mapped({kHostB, 5000}, kR1).port, 5000);
  EXPECT_NE(lab.mapped(kA, kR1).port, 5000);
}

}  // namespace
}  // namespace punchlab::nat
