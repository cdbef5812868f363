// Counterfactuals:
//  1. Every answer is true: the trial with those changes is direct; with any one of them left out it is not.
//  2. Known cases: what one axis would mend; two symmetric NATs, which need two changes; blocked UDP; a clash, which an
//  INPUT
//     drop rule or an opener mends; loss; a start skew.
//  3. A direct trial that was slow is asked what would make it fast.
//  4. Where nothing can help, nothing is said, and the number of runs keeps its limit.
//  5. Changes: each names itself in its own words and makes the cell another; none touches the world's key.
#include "sim/explain/what_if.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/memory/memory_world.hpp"
#include "sim/memory/swarm_case.hpp"
#include "sim/trial/scenario_text.hpp"

namespace punchlab::explain {
namespace {

using nat::Dependence;
using results::Outcome;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

constexpr auto EI = Dependence::endpoint_independent;
constexpr auto AD = Dependence::address_dependent;
constexpr auto APD = Dependence::address_and_port_dependent;

nat::Profile translator(Dependence mapping, Dependence filtering) {
  nat::Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  p.port_allocation = nat::PortAllocation::random;
  p.on_collision = nat::OnCollision::random;
  return p;
}

trial::Cell pair(const nat::Profile& client, const nat::Profile& connector) {
  trial::Cell c;
  c.client.nats = {client};
  c.connector.nats = {connector};
  c.policy = *find_policy("relay-first");
  c.session = false;
  return c;
}

class WhatIfTest : public testing::Test {
 protected:
  Question question(const trial::Cell& c) const { return {*world, c, identities, 1, 0}; }
  bool direct(const trial::Cell& c, const std::vector<Change>& changes) const {
    return run_with(question(c), changes).outcome == Outcome::direct;
  }
  std::vector<std::string> singles(const trial::Cell& c) const {
    std::vector<std::string> names;
    for (const auto& change : what_if(question(c)).single) names.push_back(name_of(change));
    return names;
  }
  const std::unique_ptr<trial::World> world = memory::make_memory_world();
  const trial::Identities identities{1};
};

TEST_F(WhatIfTest, EveryAnswerIsTrueAndSmall) {  // case 1
  std::size_t pairs = 0;
  for (const auto& c :
       {pair(translator(EI, APD), translator(APD, APD)), pair(translator(APD, APD), translator(APD, APD)),
        pair(translator(AD, AD), translator(APD, APD))}) {
    ASSERT_FALSE(direct(c, {}));
    const auto answer = what_if(question(c));
    ASSERT_FALSE(answer.smallest.empty());
    for (const auto& change : answer.single) EXPECT_TRUE(direct(c, {change})) << name_of(change);
    for (const auto& set : answer.smallest) {
      EXPECT_TRUE(direct(c, set));
      for (std::size_t out = 0; out < set.size(); ++out) {
        auto fewer = set;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(out));
        EXPECT_FALSE(direct(c, fewer)) << name_of(set[out]) << " is not needed";
      }
      pairs += set.size() == 2;
    }
  }
  EXPECT_GT(pairs, 0U);
}

TEST_F(WhatIfTest, OneAxis) {  // case 2
  const auto helps = singles(pair(translator(EI, APD), translator(APD, APD)));
  EXPECT_THAT(helps, Contains("connector gateway 1: mapping endpoint-independent"));
  EXPECT_THAT(helps, Contains("client gateway 1: filtering address-dependent"));
  EXPECT_THAT(helps, Not(Contains("connector gateway 1: filtering endpoint-independent")))
      << "the answer leaves elsewhere";
  EXPECT_THAT(helps, Not(Contains("connector gateway 1: mapping address-dependent")));
  EXPECT_THAT(helps, Not(Contains("connector gateway 1: filtering address-dependent")));
}

TEST_F(WhatIfTest, TwoSymmetricNatsNeedTwoChanges) {  // case 2
  const auto c = pair(translator(APD, APD), translator(APD, APD));
  const auto answer = what_if(question(c));
  EXPECT_THAT(answer.single, IsEmpty()) << "each one alone still meets the other's filter";
  std::set<std::set<std::string>> sets;
  for (const auto& set : answer.smallest) {
    std::set<std::string> names;
    for (const auto& change : set) names.insert(name_of(change));
    sets.insert(names);
  }
  EXPECT_THAT(sets, Not(IsEmpty()));
  for (const auto& set : sets) EXPECT_EQ(set.size(), 2U);
}

TEST_F(WhatIfTest, BlockedUdp) {  // case 2
  auto c = pair(translator(EI, APD), translator(EI, APD));
  c.client.nats[0].udp_blocked = true;
  EXPECT_THAT(singles(c), testing::ElementsAre("client gateway 1: lets UDP through"));
  c.connector.nats[0].udp_blocked = true;
  const auto both = what_if(question(c));
  EXPECT_THAT(both.single, IsEmpty());
  ASSERT_EQ(both.smallest.size(), 1U);
  EXPECT_EQ(both.smallest[0].size(), 2U);
}

TEST_F(WhatIfTest, ClashSkewAndLoss) {  // case 2
  nat::Profile linux_router;
  linux_router.on_collision = nat::OnCollision::random;
  linux_router.unsolicited_creates_state = true;
  auto clash = pair(linux_router, translator(EI, APD));
  clash.policy.start_skew = 200ms;
  ASSERT_FALSE(direct(clash, {}));
  const auto helps = singles(clash);
  EXPECT_THAT(helps, Contains("client gateway 1: an INPUT drop rule: unsolicited packets leave no state"));
  EXPECT_THAT(helps, Contains("both sides start and check at the same moment"));
  EXPECT_THAT(helps, Contains("connector gateway 1: filtering address-dependent"));
  auto skew = pair(translator(EI, APD), translator(EI, APD));
  skew.policy.start_skew = 60s;
  EXPECT_THAT(singles(skew), Contains("both sides start and check at the same moment"));
  EXPECT_THAT(singles(skew), Not(Contains("no loss on any link")));
  auto loss = pair(translator(EI, APD), translator(EI, APD));
  loss.relay.loss = 0.95;
  EXPECT_THAT(singles(loss), Contains("no loss on any link"));
}

TEST_F(WhatIfTest, SlowTrialsAreAskedWhatMakesThemFast) {  // case 3
  auto c = pair(translator(EI, APD), translator(EI, APD));
  c.client.access.latency = link::Distribution::constant(0.020);
  c.connector.access.latency = link::Distribution::constant(0.030);
  c.policy.start_skew = 200ms;
  const auto now = run_with(question(c), {});
  ASSERT_EQ(now.outcome, Outcome::direct);
  ASSERT_NE(now.reason, "");
  EXPECT_THAT(singles(c), Contains("both sides start and check at the same moment"));
  EXPECT_THAT(singles(c), Not(Contains("client gateway 1: UDP timers of 30 min"))) << "as slow as before";
}

TEST_F(WhatIfTest, SaysNothingWhereNothingHelps) {  // case 4
  auto c = pair(translator(EI, APD), translator(EI, APD));
  for (auto* side : {&c.client, &c.connector}) {
    side->nats[0].udp_blocked = true;
    side->nats.push_back(side->nats[0]);
  }
  const auto answer = what_if(question(c), {.changes = 3, .runs = 100});
  EXPECT_THAT(answer.single, IsEmpty());
  EXPECT_THAT(answer.smallest, IsEmpty()) << "four gateways block";
  EXPECT_LE(answer.runs, 100U);
}

TEST(Changes, NameThemselvesAndChangeTheCell) {  // case 5
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < 200; ++i) {
    auto c = memory::SwarmDice({9, 0, i, purpose_of("swarm")}).cell();
    c.world = 77;
    std::set<std::string> here;
    for (const auto& change : changes_of(c)) {
      const auto changed = with(c, change);
      EXPECT_EQ(changed.world, c.world);
      EXPECT_NE(trial::scenario_text(changed, "s", 1, 1), trial::scenario_text(c, "s", 1, 1)) << name_of(change);
      EXPECT_TRUE(here.insert(name_of(change)).second) << name_of(change);
    }
    names.merge(here);
  }
  EXPECT_FALSE(names.contains(""));
  EXPECT_GT(names.size(), 30U);
}

}  // namespace
}  // namespace punchlab::explain
