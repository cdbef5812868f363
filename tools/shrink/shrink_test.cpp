// Cases
//  1. What scenario_text writes, the loader reads back, over the whole space of the swarm.
//  2. A planted bug, which needs one axis of one gateway among many settings, is found again in a cell with little
//  else; nothing
//     that is left can be taken away.
//  3. A planted bug that needs two things keeps both.
//  6. A planted bug of a shared network keeps the network, with one gateway; another loses it.
//  4. A cell that does not fail gives nothing.
//  5. The scenario that is printed fails when it is loaded and run anew.
#include "tools/shrink/shrink.hpp"

#include <gtest/gtest.h>

#include "scenarios/loader/loader.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/memory/swarm_case.hpp"
#include "sim/trial/scenario_text.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::shrink {
namespace {

using results::Outcome;
using trial::Cell;

constexpr std::uint64_t kSeed = 5;

Cell swarm_cell(std::uint64_t number) { return memory::SwarmDice({kSeed, 0, number, purpose_of("swarm")}).cell(); }
Cell shared_cell(std::uint64_t number) {
  return memory::SwarmDice({kSeed, 0, number, purpose_of("shared swarm")}).shared_cell();
}

trial::Plan load(const std::string& text) {
  const auto loaded = loader::load(loader::Texts{"s.yaml", text, {{"nats/open.yaml", "name: open\ngateway: none\n"}}});
  if (const auto* problem = std::get_if<loader::Problem>(&loaded)) {
    ADD_FAILURE() << problem->to_string() << "\n" << text;
    return {};
  }
  return std::get<trial::Plan>(loaded);
}

/// What a scenario cannot say: names that the loader makes.
void forget_names(Cell& cell) {
  cell.index = 0;
  cell.world = cell.trials = 0;
  for (auto* side : {&cell.client, &cell.connector}) {
    side->nat_name.clear();
    for (auto& nat : side->nats) nat.name.clear();
  }
  if (!cell.shared) return;
  cell.shared->nat_name.clear();
  for (auto& nat : cell.shared->nats) nat.name.clear();
}

void expect_equal(Cell a, Cell b, const std::string& text) {
  forget_names(a);
  forget_names(b);
  EXPECT_EQ(a.client.nats, b.client.nats) << text;
  EXPECT_EQ(a.connector.nats, b.connector.nats) << text;
  EXPECT_EQ(trial::scenario_text(a, "s", 1, 1), trial::scenario_text(b, "s", 1, 1));
  EXPECT_EQ(a.policy, b.policy) << text;
  ASSERT_EQ(a.shared.has_value(), b.shared.has_value()) << text;
  if (a.shared) {
    EXPECT_EQ(a.shared->nats, b.shared->nats) << text;
  }
  for (const auto& link : {std::pair{&a.client.access, &b.client.access},
                           std::pair{&a.connector.access, &b.connector.access}, std::pair{&a.relay, &b.relay}}) {
    EXPECT_EQ(link.first->latency, link.second->latency) << text;
    EXPECT_EQ(link.first->up_latency, link.second->up_latency) << text;
    EXPECT_EQ(link.first->jitter, link.second->jitter) << text;
    EXPECT_EQ(link.first->loss, link.second->loss) << text;
    EXPECT_EQ(link.first->bandwidth, link.second->bandwidth) << text;
  }
}

TEST(ScenarioText, IsReadBackAsItWas) {
  for (std::uint64_t i = 0; i < 400; ++i) {
    const auto cell = i % 4 == 3 ? shared_cell(i) : swarm_cell(i);
    const auto text = trial::scenario_text(cell, "s", 1, 1);
    const auto plan = load(text);
    ASSERT_EQ(plan.cells.size(), 1U);
    expect_equal(cell, plan.cells[0], text);
    if (HasFailure()) return;
  }
}

/// As if the code under test broke whenever a NAT of the client keeps ports even or odd.
bool parity_bug(const Cell& cell, const results::TrialRecord&) {
  for (const auto& nat : cell.client.nats)
    if (nat.translates && nat.port_parity) return true;
  return false;
}

/// The first cell of the swarm with many settings in which the bug shows.
Cell first_failing(const Fails& fails) {
  for (std::uint64_t i = 0;; ++i) {
    const auto cell = swarm_cell(i);
    if (cell.client.nats.size() == 2 && !cell.connector.nats.empty() && fails(cell, {})) return cell;
  }
}

TEST(Shrink, LeavesLittleButThePlantedBug) {
  const auto shrunk = shrink(first_failing(parity_bug), kSeed, parity_bug);
  ASSERT_TRUE(shrunk);
  EXPECT_TRUE(parity_bug(shrunk->cell, shrunk->record));
  ASSERT_EQ(shrunk->cell.client.nats.size(), 1U) << shrunk->scenario;
  EXPECT_TRUE(shrunk->cell.connector.nats.empty()) << shrunk->scenario;
  nat::Profile expected;
  expected.name = shrunk->cell.client.nats[0].name;
  expected.port_parity = true;
  expected.filtering = nat::Dependence::endpoint_independent;
  EXPECT_EQ(shrunk->cell.client.nats[0], expected) << shrunk->scenario;
  EXPECT_FALSE(memory::lossy(shrunk->cell));
  EXPECT_EQ(shrunk->cell.traffic.probes, 1U);
  EXPECT_GT(shrunk->steps, 5);
}

/// As if two mappings that vary were taken for one that does: both sides are needed, and the trial itself is looked at.
bool both_vary(const Cell& cell, const results::TrialRecord& record) {
  const auto varies = [](const trial::Side& side) {
    return std::any_of(side.nats.begin(), side.nats.end(), [](const nat::Profile& p) {
      return p.translates && p.mapping != nat::Dependence::endpoint_independent;
    });
  };
  return varies(cell.client) && varies(cell.connector) && record.outcome == Outcome::relayed;
}

TEST(Shrink, KeepsBothOfTwoCauses) {
  std::uint64_t number = 0;
  std::optional<Shrunk> shrunk;
  while (!shrunk) shrunk = shrink(swarm_cell(number++), kSeed, both_vary);
  EXPECT_EQ(shrunk->cell.client.nats.size(), 1U) << shrunk->scenario;
  EXPECT_EQ(shrunk->cell.connector.nats.size(), 1U) << shrunk->scenario;
  EXPECT_NE(shrunk->cell.client.nats[0].mapping, nat::Dependence::endpoint_independent);
  EXPECT_NE(shrunk->cell.connector.nats[0].mapping, nat::Dependence::endpoint_independent);
  const auto world = memory::make_memory_world();
  const auto plan = load(shrunk->scenario);
  const trial::Identities identities(plan.seed);
  const auto topology = trial::draw_topology(plan.cells[0], plan.seed, shrunk->record.trial);
  trial::Trial trial(plan.cells[0], topology, identities, plan.seed, shrunk->record.trial);
  EXPECT_EQ(trial.record(world->run(topology, trial, trial.until(), {})), shrunk->record);
}

/// As if a shared gateway that does not hairpin were a bug.
bool no_hairpin(const Cell& cell, const results::TrialRecord& record) {
  return cell.shared && record.reason == "hairpin-missing";
}

TEST(Shrink, KeepsTheSharedNetworkThatIsTheCause) {
  std::uint64_t number = 0;
  std::optional<Shrunk> shrunk;
  while (!shrunk) shrunk = shrink(shared_cell(number++), kSeed, no_hairpin);
  ASSERT_TRUE(shrunk->cell.shared) << shrunk->scenario;
  ASSERT_EQ(shrunk->cell.shared->nats.size(), 1U) << shrunk->scenario;
  EXPECT_NE(shrunk->cell.shared->nats[0].hairpinning, nat::Hairpinning::external_source) << shrunk->scenario;
  EXPECT_EQ(shrunk->cell.shared->nats[0].mapping, nat::Dependence::endpoint_independent) << shrunk->scenario;
  EXPECT_EQ(shrunk->cell.shared->access.loss, 0);
  const auto parity = [](const Cell& cell, const results::TrialRecord&) {
    return std::any_of(cell.client.nats.begin(), cell.client.nats.end(), [](const auto& p) { return p.port_parity; });
  };
  std::optional<Shrunk> without;
  for (number = 0; !without; ++number) without = shrink(shared_cell(number), kSeed, parity);
  EXPECT_FALSE(without->cell.shared) << without->scenario;
}

TEST(Shrink, NothingOfWhatDoesNotFail) {
  const auto never = [](const Cell&, const results::TrialRecord&) { return false; };
  EXPECT_FALSE(shrink(swarm_cell(0), kSeed, never));
}

}  // namespace
}  // namespace punchlab::shrink
