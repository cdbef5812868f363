// Both peers in one network, behind gateways that they share:
// 1. The table of docs/oracle.md: hairpinning by who has a router of their own. The classic four behind a carrier that
// turns
//    packets back are as on the internet.
// 2. Without host candidates a host in the network is like one behind an open router.
// 3. Gateways that translate nothing change nothing. In a chain it is the outermost translator that turns back.
// 4. What is varying at the shared gateway varies for both. Limits that both share may run out; blocked UDP leaves what
// stays
//    inside, and no relay without TCP.
// 5. Over random chains: swapping the sides swaps the verdict, more hairpinning never makes it worse, and neither more
// rounds nor
//    a deeper search finds anything else. Controls: the draw reaches every prediction, and hairpinning changes some.
#include <gtest/gtest.h>

#include <set>

#include "protocol/base/rng.hpp"
#include "sim/oracle/encounter.hpp"

namespace punchlab::oracle {
namespace {

using nat::Chain;
using nat::Dependence;
using nat::Hairpinning;
using nat::Profile;

constexpr auto kEi = Dependence::endpoint_independent;
constexpr auto kAd = Dependence::address_dependent;
constexpr auto kApd = Dependence::address_and_port_dependent;
constexpr auto kInternal = Hairpinning::internal_source;
constexpr auto kExternal = Hairpinning::external_source;

Profile translator(Dependence mapping, Dependence filtering, Hairpinning hairpinning = kExternal) {
  Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  p.port_allocation = nat::PortAllocation::sequential;
  p.hairpinning = hairpinning;
  return p;
}

Profile firewall(Dependence filtering) {
  auto p = translator(kEi, filtering);
  p.translates = false;
  return p;
}

const Profile kFullCone = translator(kEi, kEi);
const Profile kRestricted = translator(kEi, kAd);
const Profile kPortRestricted = translator(kEi, kApd);
const Profile kSymmetric = translator(kApd, kApd);

Profile carrier(Hairpinning hairpinning) { return translator(kEi, kApd, hairpinning); }

Prediction prediction(const Chain& client, const Chain& connector, const Chain& shared, const Ways& ways = {}) {
  return predict(client, connector, shared, ways).prediction;
}

TEST(SharedNetwork, TheTable) {  // case 1
  for (const auto hairpinning : {Hairpinning::none, kInternal, kExternal}) {
    const Chain shared{carrier(hairpinning)};
    EXPECT_EQ(prediction({}, {}, shared), Prediction::direct);
    for (const auto& home : {kFullCone, kRestricted, kPortRestricted}) {
      EXPECT_EQ(prediction({home}, {}, shared), Prediction::direct);
      EXPECT_EQ(prediction({}, {home}, shared), Prediction::direct);
      EXPECT_EQ(prediction({home}, {kPortRestricted}, shared),
                hairpinning == kExternal ? Prediction::direct : Prediction::relayed);
    }
    EXPECT_EQ(prediction({kFullCone}, {kFullCone}, shared),
              hairpinning == Hairpinning::none ? Prediction::relayed : Prediction::direct);
  }
  EXPECT_EQ(predict({kPortRestricted}, {kPortRestricted}, {carrier(Hairpinning::none)}, {}),
            (Verdict{Prediction::relayed, Obstacle::hairpin_missing, Obstacle::hairpin_missing}));
}

TEST(SharedNetwork, ACarrierThatTurnsBackIsLikeTheInternet) {  // case 1
  for (const auto& a : {kFullCone, kRestricted, kPortRestricted, kSymmetric})
    for (const auto& b : {kFullCone, kRestricted, kPortRestricted, kSymmetric}) {
      const auto alone = predict({a}, {b});
      EXPECT_EQ(prediction({a}, {b}, {translator(kEi, kEi)}), alone.prediction);
      const auto filtered = predict({a, kPortRestricted}, {b, kPortRestricted});
      EXPECT_EQ(prediction({a}, {b}, {kPortRestricted}), filtered.prediction);
    }
}

TEST(SharedNetwork, WithoutHostCandidates) {  // case 2
  const Ways none{.host_candidates = false};
  EXPECT_EQ(prediction({}, {}, {carrier(Hairpinning::none)}, none), Prediction::relayed);
  EXPECT_EQ(prediction({}, {}, {carrier(kInternal)}, none), Prediction::direct)
      << "whoever gets a check learns where from";
  EXPECT_EQ(prediction({}, {}, {carrier(kExternal)}, none), Prediction::direct);
  EXPECT_EQ(prediction({}, {kPortRestricted}, {carrier(Hairpinning::none)}, none), Prediction::relayed);
}

TEST(SharedNetwork, ChainsOfSharedGateways) {  // case 3
  for (const auto& a : {kFullCone, kPortRestricted, kSymmetric})
    for (const auto& b : {kFullCone, kRestricted, kSymmetric})
      EXPECT_EQ(prediction({a}, {b}, {firewall(kApd)}), predict({a}, {b}).prediction)
          << "they meet before the firewall";
  EXPECT_EQ(prediction({kFullCone}, {kFullCone}, {carrier(Hairpinning::none), carrier(kExternal)}), Prediction::direct);
  EXPECT_EQ(prediction({kFullCone}, {kFullCone}, {carrier(kExternal), carrier(Hairpinning::none)}),
            Prediction::relayed);
  EXPECT_EQ(prediction({kFullCone}, {kFullCone}, {carrier(Hairpinning::none), firewall(kApd)}), Prediction::relayed);
}

TEST(SharedNetwork, VaryingFullOrBlocked) {  // case 4
  EXPECT_EQ(predict({kPortRestricted}, {kPortRestricted}, {translator(kApd, kEi)}, {}),
            (Verdict{Prediction::relayed, Obstacle::mapping_varies, Obstacle::mapping_varies}));
  auto tight = kPortRestricted;
  tight.max_mappings = 1;
  EXPECT_EQ(prediction({}, {}, {tight}), Prediction::may) << "whoever comes second may not even reach the relay";
  tight.max_mappings = 0;
  EXPECT_EQ(prediction({}, {}, {tight}), Prediction::failed);
  auto blocked = kPortRestricted;
  blocked.udp_blocked = true;
  EXPECT_EQ(prediction({}, {}, {blocked}), Prediction::direct) << "the relay over TCP, and each other without leaving";
  EXPECT_EQ(prediction({}, {kPortRestricted}, {blocked}), Prediction::direct);
  EXPECT_EQ(prediction({kFullCone}, {kPortRestricted}, {blocked}), Prediction::relayed);
  EXPECT_EQ(prediction({}, {}, {blocked}, {true, false, false}), Prediction::failed);
  EXPECT_EQ(prediction({}, {}, {blocked}, {.host_candidates = false}), Prediction::relayed);
}

Profile random_profile(Rng& rng, bool odd) {
  Profile p;
  p.translates = !rng.chance(0.2);
  p.mapping = static_cast<Dependence>(rng.below(3));
  p.filtering = static_cast<Dependence>(rng.below(3));
  p.port_allocation = static_cast<nat::PortAllocation>(rng.below(4));
  p.hairpinning = static_cast<Hairpinning>(rng.below(3));
  if (!odd) return p;
  p.on_collision = static_cast<nat::OnCollision>(rng.below(5));
  p.pooling = static_cast<nat::Pooling>(rng.below(2));
  p.addresses = static_cast<std::uint8_t>(1 + rng.below(4));
  p.unsolicited_creates_state = rng.chance(0.2);
  return p;
}

Chain random_chain(Rng& rng, std::size_t least, bool odd) {
  Chain chain(least + rng.below(2));
  for (auto& p : chain) p = random_profile(rng, odd);
  return chain;
}

int rank(Prediction p) { return p == Prediction::direct ? 2 : p == Prediction::may ? 1 : 0; }

TEST(RandomSharedNetworks, SwappingTheSidesSwapsTheVerdict) {  // case 5
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    SeededRng rng({.seed = 11, .trial = trial});
    const auto a = random_chain(rng, 0, false), b = random_chain(rng, 0, false), shared = random_chain(rng, 1, false);
    EXPECT_EQ(prediction(a, b, shared), prediction(b, a, shared)) << trial;
  }
}

TEST(RandomSharedNetworks, MoreHairpinningNeverMakesItWorse) {  // case 5
  int changed = 0;
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    SeededRng rng({.seed = 12, .trial = trial});
    const auto a = random_chain(rng, 0, false), b = random_chain(rng, 0, false);
    auto shared = random_chain(rng, 1, false);
    auto& gateway = shared[rng.below(shared.size())];
    gateway.hairpinning = Hairpinning::none;
    const auto without = rank(prediction(a, b, shared));
    gateway.hairpinning = kExternal;
    const auto with = rank(prediction(a, b, shared));
    EXPECT_LE(without, with) << trial;
    changed += without < with ? 1 : 0;
  }
  EXPECT_GT(changed, 10);
}

std::set<bool> outcomes(const Chains& chains, std::size_t depth, int rounds) {
  std::set<bool> seen;
  Choices choices(depth);
  do seen.insert(Encounter(chains, {true, true}, choices).run(rounds).direct);
  while (seen.size() < 2 && choices.advance());
  return seen;
}

TEST(RandomSharedNetworks, LongerAndDeeperSearchFindsNothingElse) {  // case 5
  std::set<std::set<bool>> kinds;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    SeededRng rng({.seed = 13, .trial = trial});
    const auto a = random_chain(rng, 0, true), b = random_chain(rng, 0, true), shared = random_chain(rng, 1, true);
    const auto usual = outcomes({a, b, shared}, 10, kRounds);
    EXPECT_EQ(usual, outcomes({a, b, shared}, 10, kRounds + 2)) << trial;
    EXPECT_EQ(usual, outcomes({a, b, shared}, 12, kRounds)) << trial;
    kinds.insert(usual);
  }
  EXPECT_EQ(kinds.size(), 3U);
}

}  // namespace
}  // namespace punchlab::oracle
