// Cases: under random loss, reordering, NATs and trickle, for every seed:
//  1. With the first-valid policy both sides settle on the two ends of one path, and say Selected for it last.
//  2. The same with regular nomination, at half the loss: under more, seven doubling transmissions of one nomination
//     may take longer than a consent lasts.
//  3. The same when both begin in one role.
//  4. Candidates that arrive late and one by one lead to a better path that both move to.
//  5. So much loss that consent expires by chance on one side only: once the network is well again, both agree again.
// Deadlines are asserted to lie in the future on every drain. A failure names its seed.
#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

constexpr std::uint64_t kSeeds = 600;

LabOptions random_world(std::uint64_t seed, const char* policy) {
  SeededRng rng({.seed = seed, .purpose = purpose_of("world")});
  constexpr std::array kinds{kNoNat, kFullCone, kRestricted, kPortRestricted, kSymmetric};
  LabOptions o{.policy = *find_policy(policy), .seed = seed, .relay = true};
  o.nat = {kinds[rng.below(kinds.size())], kinds[rng.below(kinds.size())]};
  o.latency = milliseconds{1 + static_cast<int>(rng.below(150))};
  o.jitter = milliseconds{static_cast<int>(rng.below(100))};
  o.loss = 0.3 * rng.uniform();
  return o;
}

void expect_agreement(Lab& lab, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  lab.run_for(seconds{25});  // less than any consent lasts
  ASSERT_TRUE(lab.both_selected());
  EXPECT_TRUE(lab.same_path()) << describe(lab.sides[0].path()) << " | " << describe(lab.sides[1].path());
  for (const auto& s : lab.sides) EXPECT_EQ(s.selected.back().event.path.remote, s.path().remote);
}

TEST(Convergence, FirstValidNominationEndsOnOnePath) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Lab lab(random_world(seed, "relay-first"));
    lab.connect();
    expect_agreement(lab, seed);
  }
}

TEST(Convergence, RegularNominationEndsOnOnePath) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    auto options = random_world(seed, "ice");
    options.loss /= 2;
    Lab lab(options);
    lab.connect();
    expect_agreement(lab, seed);
  }
}

TEST(Convergence, RoleConflictEndsOnOnePath) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    auto options = random_world(seed, "relay-first");
    options.role[0] = options.role[1] = seed % 2 == 0 ? Role::controlling : Role::controlled;
    Lab lab(options);
    lab.connect();
    expect_agreement(lab, seed);
  }
}

TEST(Convergence, LateTrickleEndsOnOnePath) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Lab lab(random_world(seed, "relay-first"));
    SeededRng rng({.seed = seed, .purpose = purpose_of("trickle")});
    lab.gather();
    lab.exchange_credentials();
    lab.start();
    for (std::size_t k = 3; k-- > 0;)
      for (int i = 0; i < 2; ++i) {
        const auto& theirs = lab.sides[Lab::index(1 - i)].candidates;
        if (k < theirs.size()) lab.sides[Lab::index(i)].agent->add_remote(lab.now, theirs[k]);
        lab.drain(i);
        lab.run_for(milliseconds{static_cast<int>(rng.below(500))});
      }
    for (int i = 0; i < 2; ++i) lab.sides[Lab::index(i)].agent->end_of_remote_candidates(lab.now), lab.drain(i);
    expect_agreement(lab, seed);
  }
}

TEST(Convergence, ConsentLostByChanceHeals) {
  int expiries = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Lab lab(random_world(seed, "relay-first"));
    lab.connect();
    ASSERT_TRUE(lab.run_until_selected(seconds{25}));
    lab.set_loss(0.45);
    lab.run_for(seconds{120});
    lab.set_loss(0);
    lab.run_for(seconds{40});
    ASSERT_TRUE(lab.both_selected());
    EXPECT_TRUE(lab.same_path()) << describe(lab.sides[0].path()) << " | " << describe(lab.sides[1].path());
    for (const auto& s : lab.sides) expiries += s.selected.size() > 1 || !s.lost.empty() ? 1 : 0;
  }
  EXPECT_GT(expiries, 100);  // or the case would prove nothing
}

TEST(Convergence, BetterLateCandidateReplacesTheRelay) {
  Lab lab({.policy = *find_policy("relay-first"), .relay = true});
  lab.gather();
  lab.exchange_credentials();
  for (int i = 0; i < 2; ++i) lab.sides[Lab::index(i)].agent->add_remote(lab.now, lab.sides[Lab::index(1 - i)].candidates.back());
  lab.drop = [](const Packet& p) { return p.source.address != kServer.address && p.destination.address != kServer.address; };
  lab.start();
  lab.run_for(seconds{5});
  ASSERT_TRUE(lab.both_selected());
  ASSERT_TRUE(lab.sides[0].path().relayed());
  lab.drop = [](const Packet&) { return false; };
  lab.signal(0);
  lab.signal(1);
  lab.run_for(seconds{1});
  EXPECT_TRUE(lab.same_path());
  EXPECT_FALSE(lab.sides[0].path().relayed());
  EXPECT_FALSE(lab.sides[1].path().relayed());
}

}  // namespace
}  // namespace punchlab::ice::lab
