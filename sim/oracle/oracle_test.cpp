// The oracle against what is published and what can be reasoned.
// 1. The published 4x4 of the classic types, the 9x9 of RFC 4787 mapping x filtering, and its closed form.
// 2. The rule that nine third-party ICE stacks followed through a real kernel NAT.
// 3. No gateway connects with everything. A firewall is a NAT with endpoint-independent mapping. UDP blocked anywhere
// fails.
// 4. Chains: the strictest mapping and filter count, wherever they stand; a transparent gateway changes nothing.
// 5. Port allocation: preserve + overload makes a varying mapping look endpoint-independent; preserve + next does not.
// 6. What chance or timing decides is `may`: arbitrary pooling, few ports, limits, the conntrack clash, short timers.
// 7. Each relayed cell names the obstacle of each side.
// 8. Over random chains: swapping the sides swaps the verdict, relaxing an axis never makes it worse, hairpinning and
//    reactions change nothing, and neither more rounds nor a deeper search finds anything else.
#include "sim/oracle/oracle.hpp"

#include <gtest/gtest.h>

#include <set>

#include "protocol/base/rng.hpp"
#include "sim/oracle/encounter.hpp"

namespace punchlab::oracle {
namespace {

using namespace std::chrono_literals;
using nat::Chain;
using nat::Dependence;
using nat::OnCollision;
using nat::PortAllocation;
using nat::Profile;

constexpr auto kEi = Dependence::endpoint_independent;
constexpr auto kAd = Dependence::address_dependent;
constexpr auto kApd = Dependence::address_and_port_dependent;

/// An ordinary translator: sequential ports, one address, nothing odd.
Profile translator(Dependence mapping, Dependence filtering) {
  Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  p.port_allocation = PortAllocation::sequential;
  return p;
}

Profile firewall(Dependence filtering) {
  Profile p;
  p.translates = false;
  p.filtering = filtering;
  return p;
}

const Profile kFullCone = translator(kEi, kEi);
const Profile kRestricted = translator(kEi, kAd);
const Profile kPortRestricted = translator(kEi, kApd);
const Profile kSymmetric = translator(kApd, kApd);

Profile conntrack() {
  auto p = kPortRestricted;
  p.port_allocation = PortAllocation::preserve;
  p.on_collision = OnCollision::random;
  p.unsolicited_creates_state = true;
  return p;
}

Prediction prediction(const Chain& client, const Chain& connector) { return predict(client, connector).prediction; }

TEST(Published, FourByFour) {
  // RakNet manual (NAT punchthrough), Unity netcode documentation, checkmynat.com; Halkes and Pouwelse 2011 agree.
  const std::array order{kFullCone, kRestricted, kPortRestricted, kSymmetric};
  constexpr int kDirect[4][4] = {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 0}, {1, 1, 0, 0}};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_EQ(prediction({order[i]}, {order[j]}), kDirect[i][j] ? Prediction::direct : Prediction::relayed)
          << i << " " << j;
    }
  }
}

std::vector<Profile> nine() {
  std::vector<Profile> all;
  for (const auto mapping : {kEi, kAd, kApd}) {
    for (const auto filtering : {kEi, kAd, kApd}) all.push_back(translator(mapping, filtering));
  }
  return all;
}

TEST(Published, NineByNine) {
  // The whole of RFC 4787 mapping x filtering, computed by an earlier exhaustive search; rows EIM-EIF ... APDM-APDF.
  constexpr int kDirect[9][9] = {{1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 0, 0, 0, 0, 0, 0},
                                 {1, 1, 0, 1, 1, 0, 1, 1, 0}, {1, 1, 0, 1, 0, 0, 1, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 0, 0},
                                 {1, 1, 0, 1, 1, 0, 0, 0, 0}, {1, 1, 0, 1, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 0, 0}};
  const auto order = nine();
  for (std::size_t i = 0; i < 9; ++i) {
    for (std::size_t j = 0; j < 9; ++j) {
      EXPECT_EQ(prediction({order[i]}, {order[j]}), kDirect[i][j] ? Prediction::direct : Prediction::relayed)
          << i << " " << j;
    }
  }
}

TEST(Published, RuleOfNineAgentsThroughARealKernel) {
  // 1872 runs through the kernel's NAT: direct exactly when one side is EIF, or EIM+ADF, or both are EIM.
  const std::array sides{kFullCone, kRestricted, kPortRestricted, translator(kAd, kApd), kSymmetric};
  const auto open = [](const Profile& p) { return p.mapping == kEi && p.filtering != kApd; };
  for (const auto& a : sides) {
    for (const auto& b : sides) {
      const bool direct = open(a) || open(b) || (a.mapping == kEi && b.mapping == kEi);
      EXPECT_EQ(prediction({a}, {b}), direct ? Prediction::direct : Prediction::relayed);
    }
  }
}

TEST(Published, ClosedFormOfTheNineByNine) {
  // The rule that docs/oracle.md derives.
  const auto opens_by_address = [](const Profile& p) { return p.filtering != kApd; };
  const auto both_vary = [&](const Profile& entered, const Profile& sender) {
    return entered.filtering == kEi && opens_by_address(sender) && (entered.mapping != kApd || sender.mapping != kApd);
  };
  for (const auto& a : nine()) {
    for (const auto& b : nine()) {
      const bool a_stays = a.mapping == kEi, b_stays = b.mapping == kEi;
      const bool direct = (a_stays && b_stays) || (a_stays && opens_by_address(a)) ||
                          (b_stays && opens_by_address(b)) ||
                          (!a_stays && !b_stays && (both_vary(a, b) || both_vary(b, a)));
      EXPECT_EQ(prediction({a}, {b}), direct ? Prediction::direct : Prediction::relayed);
    }
  }
}

TEST(NoGateway, ConnectsWithEverything) {
  EXPECT_EQ(predict({}, {}), Verdict{});
  for (const auto& other : nine()) EXPECT_EQ(predict({}, {other}), Verdict{});
}

TEST(Firewall, IsLikeEndpointIndependentMapping) {
  for (const auto filtering : {kEi, kAd, kApd}) {
    for (const auto& other : nine()) {
      EXPECT_EQ(prediction({firewall(filtering)}, {other}), prediction({translator(kEi, filtering)}, {other}));
    }
  }
}

TEST(BlockedUdp, LeavesTheRelayWhereverItStands) {
  auto blocked = firewall(kEi);
  blocked.udp_blocked = true;
  for (const Chain& chain : {Chain{blocked}, Chain{kFullCone, blocked}, Chain{blocked, kSymmetric}}) {
    for (const auto& [ways, prediction] :
         {std::pair{Ways{}, Prediction::relayed}, {Ways{true, false, false}, Prediction::failed}}) {
      EXPECT_EQ(predict(chain, {}, ways), (Verdict{prediction, Obstacle::udp_blocked, Obstacle::none}));
      EXPECT_EQ(predict({kSymmetric}, chain, ways), (Verdict{prediction, Obstacle::none, Obstacle::udp_blocked}));
    }
    EXPECT_EQ(predict(chain, chain), (Verdict{Prediction::relayed, Obstacle::udp_blocked, Obstacle::udp_blocked}));
  }
}

TEST(BlockedUdp, LeavesNothingWhereTcpIsBlockedToo) {
  auto strict = firewall(kEi);
  strict.udp_blocked = true;
  strict.tcp = nat::TcpPassage::port_443;
  EXPECT_EQ(prediction({kFullCone, strict}, {}), Prediction::relayed);
  EXPECT_EQ(predict({kFullCone, strict}, {}, Ways{true, true, false}).prediction, Prediction::failed) << "no TLS";
  auto wall = strict;
  wall.tcp = nat::TcpPassage::blocked;
  EXPECT_EQ(prediction({strict, wall}, {}), Prediction::failed);
  EXPECT_EQ(prediction({kSymmetric}, {wall}), Prediction::failed);
  wall.udp_blocked = false;
  EXPECT_EQ(prediction({kFullCone}, {wall}), Prediction::direct) << "UDP is all it takes";
  EXPECT_EQ(predict({kFullCone}, {wall}, Ways{false, true, true}).prediction, Prediction::failed);
}

TEST(Chain, StrictestGatewayCounts) {
  for (const auto& other : nine()) {
    const auto symmetric = predict({kSymmetric}, {other});
    EXPECT_EQ(predict({kFullCone, kSymmetric}, {other}), symmetric);
    EXPECT_EQ(predict({kSymmetric, kFullCone}, {other}), symmetric);
    EXPECT_EQ(predict({kPortRestricted, kSymmetric}, {other}), symmetric);
    EXPECT_EQ(predict({kFullCone, firewall(kAd)}, {other}), predict({kRestricted}, {other}));
    EXPECT_EQ(predict({kPortRestricted, kRestricted, kFullCone}, {other}), predict({kPortRestricted}, {other}));
  }
}

TEST(Chain, TransparentGatewayChangesNothing) {
  for (const auto& one : nine()) {
    for (const auto& other : nine()) {
      const auto plain = predict({one}, {other});
      EXPECT_EQ(predict({one, kFullCone}, {other}), plain);
      EXPECT_EQ(predict({kFullCone, one}, {other}), plain);
      EXPECT_EQ(predict({one}, {firewall(kEi), other, firewall(kEi)}), plain);
    }
  }
}

Profile allocating(PortAllocation allocation, OnCollision on_collision) {
  auto p = kSymmetric;
  p.port_allocation = allocation;
  p.on_collision = on_collision;
  return p;
}

TEST(PortAllocationCase, OverloadedPreservedPortLooksEndpointIndependent) {
  const auto overloaded = allocating(PortAllocation::preserve, OnCollision::overload);
  const auto tracked = allocating(PortAllocation::preserve, OnCollision::conntrack);
  const auto moved = allocating(PortAllocation::preserve, OnCollision::next);
  for (const auto& other : nine()) {
    EXPECT_EQ(predict({overloaded}, {other}), predict({kPortRestricted}, {other}));
    EXPECT_EQ(predict({tracked}, {other}), predict({kPortRestricted}, {other}));
    EXPECT_EQ(predict({moved}, {other}), predict({kSymmetric}, {other}));
  }
}

TEST(PortAllocationCase, DroppedCollisionLeavesOnlyTheRelay) {
  const auto dropping = allocating(PortAllocation::preserve, OnCollision::drop);
  EXPECT_EQ(predict({dropping}, {kFullCone}),
            (Verdict{Prediction::relayed, Obstacle::too_many_mappings, Obstacle::none}));
}

TEST(PortAllocationCase, PortOutsideTheRangeMayOrMayNotBeKept) {
  auto overloaded = allocating(PortAllocation::preserve, OnCollision::overload);
  overloaded.ports = {1024, 40000};
  EXPECT_EQ(prediction({overloaded}, {kPortRestricted}), Prediction::may);
  EXPECT_EQ(prediction({overloaded}, {kFullCone}), Prediction::direct);
}

TEST(PortAllocationCase, FewOverloadedPortsMayCoincide) {
  auto few = allocating(PortAllocation::random, OnCollision::overload);
  EXPECT_EQ(prediction({few}, {kPortRestricted}), Prediction::relayed);
  few.ports = {5000, 5009};
  EXPECT_EQ(prediction({few}, {kPortRestricted}), Prediction::may);
  few.ports = {5000, 5000};
  EXPECT_EQ(prediction({few}, {kPortRestricted}), Prediction::direct);
}

TEST(Pooling, ArbitraryAddressMattersWhereTheMappingVaries) {
  auto pooled = kSymmetric;
  pooled.addresses = 4;
  EXPECT_EQ(prediction({pooled}, {kRestricted}), Prediction::direct) << "paired";
  pooled.pooling = nat::Pooling::arbitrary;
  EXPECT_EQ(predict({pooled}, {kRestricted}),
            (Verdict{Prediction::may, Obstacle::mapping_varies, Obstacle::filtered_by_address}));
  EXPECT_EQ(prediction({pooled}, {kFullCone}), Prediction::direct);
  EXPECT_EQ(prediction({pooled}, {kPortRestricted}), Prediction::relayed);
  pooled.mapping = kEi;
  EXPECT_EQ(prediction({pooled}, {kPortRestricted}), Prediction::direct) << "one mapping has one address";
}

TEST(Limits, NoRoomForThePeersMapping) {
  auto tight = kSymmetric;
  tight.max_mappings_per_host = 1;
  EXPECT_EQ(predict({tight}, {kFullCone}), (Verdict{Prediction::may, Obstacle::too_many_mappings, Obstacle::none}));
  tight.mapping = kEi;
  EXPECT_EQ(prediction({tight}, {kPortRestricted}), Prediction::direct);
  tight.max_mappings = 0;
  EXPECT_EQ(predict({tight}, {}), (Verdict{Prediction::failed, Obstacle::too_many_mappings, Obstacle::none}));
}

TEST(Timers, ShortMappingsMayBeGone) {
  auto brief = kPortRestricted;
  brief.timers.udp_unreplied = 5s;
  EXPECT_EQ(prediction({brief}, {kPortRestricted}), Prediction::may);
  EXPECT_EQ(prediction({brief}, {kSymmetric}), Prediction::relayed);
  brief.timers.udp_unreplied = 30s;
  EXPECT_EQ(prediction({brief}, {kPortRestricted}), Prediction::direct);
}

TEST(ConntrackClash, DependsOnWhoseFirstPacketArrivesFirst) {
  // Measured on a real kernel: connects while the skew is below the one-way delay, never after; an INPUT drop mends it.
  EXPECT_EQ(prediction({conntrack()}, {conntrack()}), Prediction::may);
  EXPECT_EQ(prediction({conntrack()}, {kPortRestricted}), Prediction::may);
  EXPECT_EQ(prediction({conntrack()}, {kRestricted}), Prediction::direct);
  EXPECT_EQ(prediction({conntrack()}, {kFullCone}), Prediction::direct);
  EXPECT_EQ(prediction({conntrack()}, {kSymmetric}), Prediction::relayed);
  auto with_input_drop = conntrack();
  with_input_drop.unsolicited_creates_state = false;
  EXPECT_EQ(prediction({with_input_drop}, {with_input_drop}), Prediction::direct);
  EXPECT_EQ(predict({conntrack()}, {kPortRestricted}).client, Obstacle::mapping_varies);
}

TEST(Obstacles, NameWhatStandsInTheWay) {
  using V = Verdict;
  EXPECT_EQ(predict({kSymmetric}, {kPortRestricted}),
            (V{Prediction::relayed, Obstacle::mapping_varies, Obstacle::filtered_by_port}));
  EXPECT_EQ(predict({kSymmetric}, {kSymmetric}),
            (V{Prediction::relayed, Obstacle::mapping_varies, Obstacle::mapping_varies}));
  EXPECT_EQ(predict({kPortRestricted}, {translator(kAd, kEi)}),
            (V{Prediction::relayed, Obstacle::filtered_by_port, Obstacle::mapping_varies}));
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(Obstacle::udp_blocked); ++i) names.insert(name_of(static_cast<Obstacle>(i)));
  EXPECT_EQ(names.size(), 7U);
}

/// Any profile at all; `odd` allows what only chance decides.
Profile random_profile(Rng& rng, bool odd) {
  Profile p;
  p.translates = !rng.chance(0.2);
  p.mapping = static_cast<Dependence>(rng.below(3));
  p.filtering = static_cast<Dependence>(rng.below(3));
  p.port_allocation = static_cast<PortAllocation>(rng.below(4));
  p.hairpinning = static_cast<nat::Hairpinning>(rng.below(3));
  p.unsolicited = static_cast<nat::Unsolicited>(rng.below(3));
  if (!odd) return p;
  p.on_collision = static_cast<OnCollision>(rng.below(5));
  p.pooling = static_cast<nat::Pooling>(rng.below(2));
  p.addresses = static_cast<std::uint8_t>(1 + rng.below(4));
  p.unsolicited_creates_state = rng.chance(0.2);
  if (rng.chance(0.2)) p.ports = {5000, static_cast<std::uint16_t>(5000 + rng.below(8))};
  if (rng.chance(0.1)) p.max_mappings = static_cast<std::uint32_t>(1 + rng.below(4));
  return p;
}

Chain random_chain(Rng& rng, bool odd) {
  Chain chain(rng.below(4) == 0 ? rng.below(3) : 1);
  for (auto& p : chain) p = random_profile(rng, odd);
  return chain;
}

int rank(Prediction p) { return p == Prediction::direct ? 2 : p == Prediction::may ? 1 : 0; }

TEST(RandomChains, SwappingTheSidesSwapsTheVerdict) {
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    SeededRng rng({.seed = 1, .trial = trial});
    const auto a = random_chain(rng, false), b = random_chain(rng, false);
    const auto ab = predict(a, b), ba = predict(b, a);
    EXPECT_EQ(ab, (Verdict{ba.prediction, ba.connector, ba.client})) << trial;
  }
}

TEST(RandomChains, OddOnesKeepTheirPredictionWhenSwapped) {
  std::array<int, 4> seen{};
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    SeededRng rng({.seed = 2, .trial = trial});
    const auto a = random_chain(rng, true), b = random_chain(rng, true);
    const auto result = prediction(a, b);
    EXPECT_EQ(result, prediction(b, a)) << trial;
    ++seen[static_cast<std::size_t>(result)];
  }
  for (const auto p : {Prediction::direct, Prediction::may, Prediction::relayed}) {
    EXPECT_GT(seen[static_cast<std::size_t>(p)], 20) << "the draw must reach every prediction";
  }
}

TEST(RandomChains, RelaxingAnAxisNeverMakesItWorse) {
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    SeededRng rng({.seed = 3, .trial = trial});
    auto a = random_chain(rng, false);
    const auto b = random_chain(rng, false);
    if (a.empty()) continue;
    auto& gateway = a[rng.below(a.size())];
    gateway.filtering = kApd;
    const auto strict = rank(prediction(a, b));
    gateway.filtering = kAd;
    const auto middle = rank(prediction(a, b));
    gateway.filtering = kEi;
    const auto open = rank(prediction(a, b));
    gateway.mapping = kEi;
    EXPECT_TRUE(strict <= middle && middle <= open && open <= rank(prediction(a, b))) << trial;
  }
}

TEST(RandomChains, AxesOfOtherTrafficChangeNothing) {
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    SeededRng rng({.seed = 4, .trial = trial});
    auto a = random_chain(rng, false);
    const auto b = random_chain(rng, false);
    const auto before = predict(a, b);
    for (auto& p : a) {
      p.hairpinning = nat::Hairpinning::none;
      p.unsolicited = nat::Unsolicited::icmp;
      p.refresh = nat::Refresh::outbound;
      p.port_parity = true;
    }
    EXPECT_EQ(predict(a, b), before) << trial;
  }
}

/// Every outcome that a search of this depth and length meets.
std::set<bool> outcomes(const Chain& a, const Chain& b, std::size_t depth, int rounds) {
  std::set<bool> seen;
  Choices choices(depth);
  do seen.insert(Encounter({a, b, {}}, {}, choices).run(rounds).direct);
  while (seen.size() < 2 && choices.advance());
  return seen;
}

TEST(RandomChains, LongerAndDeeperSearchFindsNothingElse) {
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    SeededRng rng({.seed = 5, .trial = trial});
    const auto a = random_chain(rng, true), b = random_chain(rng, true);
    EXPECT_EQ(outcomes(a, b, 10, kRounds), outcomes(a, b, 16, kRounds + 2)) << trial << ": each round may ask for more";
    EXPECT_EQ(outcomes(a, b, 10, kRounds), outcomes(a, b, 12, kRounds)) << trial;
  }
  for (const auto& a : nine()) {
    for (const auto& b : nine()) EXPECT_EQ(outcomes({a}, {b}, 10, kRounds), outcomes({a}, {b}, 10, 2 * kRounds));
  }
}

}  // namespace
}  // namespace punchlab::oracle
