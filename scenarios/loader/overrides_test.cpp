// Cases
//  1. Trials, seed and policies of the command line replace the file's; a preset that the file does not name joins.
//  2. A cell filter keeps just these cells, with the indices, worlds and trial counts they have in the whole plan; so
//     does a policy.
//  3. "any", "nat" and "nat/link" are labels; anything else names the nearest. CLIENT,CONNECTOR is parsed strictly.
//  4. Expectations: those without a kept cell go; pooled ones go with any cell lost; the others keep what is left.
//  5. Selectors: names, lists, any, not, links of either side, relays, policies. One rule may demand several
//  quantities.
//  6. A rule of a population pair that was not drawn is no mistake; one that no cell can match is (mistakes_test.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/loader/scenario_files_for_test.hpp"

namespace punchlab::loader {
namespace {

using testing::ElementsAre;

class OverridesTest : public ScenarioFiles {};

const char* kText =
    "name: s\npolicy: [relay-first, {base: ice, name: mine, pacing: 20 ms}]\n"
    "client: {nat: [full-cone, symmetric], access: [{name: wifi}, {name: wire}]}\nconnector: {nat: [open, cgn]}\n"
    "expect:\n  - {client: full-cone, direct: 100 %, failed: 0 %}\n  - {client: symmetric, direct: \">= 50 %\", "
    "pooled: true}\n"
    "  - {policy: mine, link: {not: [wifi]}, time-to-direct-p50: \"<= 300 ms\"}\n";

std::vector<std::string> texts(const trial::Plan& plan) {
  std::vector<std::string> out;
  for (const auto& e : plan.expectations) out.push_back(e.text);
  return out;
}

TEST_F(OverridesTest, Values) {  // case 1
  Overrides o;
  o.trials = 3;
  o.seed = 0;
  o.policies = {"mine", "ice"};
  const auto p = plan(kText, o);
  EXPECT_EQ(p.seed, 0U);
  ASSERT_EQ(p.cells.size(), 2U * 8);
  EXPECT_EQ(p.cells[0].policy.name, "mine");
  EXPECT_EQ(p.cells[0].policy.pacing, std::chrono::milliseconds{20});
  EXPECT_EQ(p.cells[8].policy, *find_policy("ice"));
  for (const auto& cell : p.cells) EXPECT_EQ(cell.trials, 3U);
  o.policies = {"mien"};
  EXPECT_EQ(problem(kText, o), "--policy: no policy named \"mien\"; did you mean \"mine\"?");
  o.policies = {"nonsense"};
  const auto text = problem(kText, o);
  EXPECT_NE(text.find("relay-first, "), std::string::npos);
  EXPECT_EQ(text.find("relay-first", text.find("relay-first") + 1), std::string::npos) << text;
  o.policies = {};
  o.trials = 0;
  EXPECT_EQ(problem(kText, o), "--trials: 0 is not from 1 to 100000000");
}

TEST_F(OverridesTest, Cell) {  // cases 2 and 3
  const auto whole = plan(kText);
  Overrides o;
  o.cell = {"symmetric/wire", "cgn"};
  const auto part = plan(kText, o);
  ASSERT_EQ(part.cells.size(), 2U);
  for (const auto& cell : part.cells) {
    EXPECT_EQ(cell.client.access.name, "wire");
    const auto& same = whole.cells.at(cell.index);
    EXPECT_EQ(same.index, cell.index);
    EXPECT_EQ(same.world, cell.world);
    EXPECT_EQ(same.policy.name, cell.policy.name);
  }
  EXPECT_NE(part.cells[0].index, 0U);
  o.cell = {};
  o.policies = {"mine", "libnice"};
  const auto others = plan(kText, o);
  EXPECT_EQ(others.cells.front().index, 8U);
  EXPECT_EQ(others.cells.back().index, 23U) << "a policy that the file does not name comes last";
  o.policies = {};
  o.cell = {"any", "open"};
  EXPECT_EQ(plan(kText, o).cells.size(), 8U);
  o.cell = {"symetric", "open"};
  EXPECT_EQ(problem(kText, o), "--cell: no client of this scenario is \"symetric\"; did you mean \"symmetric\"?");
}

TEST_F(OverridesTest, CellOfAPopulationKeepsItsTrials) {  // case 2
  const std::string text =
      "name: s\ntrials: 5000\nclient: {nat: {population: halkes2011}}\nconnector: {nat: {population: halkes2011}}\n";
  Overrides o;
  o.cell = {"EIM-EIF", "udp-blocked"};
  const auto part = plan(text, o);
  ASSERT_EQ(part.cells.size(), 1U);
  const auto whole = plan(text);
  const auto same = [&](const trial::Cell& cell) { return cell.world == part.cells[0].world; };
  const auto found = std::find_if(whole.cells.begin(), whole.cells.end(), same);
  ASSERT_NE(found, whole.cells.end());
  EXPECT_EQ(found->trials, part.cells[0].trials);
  EXPECT_EQ(found->index, part.cells[0].index);
}

TEST_F(OverridesTest, TheWholeGridHasWhatWasNotDrawnToo) {  // case 2
  const std::string rare = "{population: [{nat: open, share: 99.99 %}, {nat: cgn, share: 0.01 %}]}";
  const std::string text = "name: s\ntrials: 2\nclient: {nat: " + rare + "}\nconnector: {nat: [open, cgn]}\n";
  const auto drawn = plan(text);
  ASSERT_EQ(drawn.cells.size(), 2U);
  Overrides o;
  o.whole_grid = true;
  const auto grid = plan(text, o);
  ASSERT_EQ(grid.cells.size(), 4U);
  for (const auto& cell : drawn.cells) EXPECT_EQ(grid.cells.at(cell.index).world, cell.world);
  EXPECT_EQ(grid.cells[3].trials, 0U);
}

TEST(ParseCell, IsStrict) {  // case 3
  const auto good = parse_cell("a/b,c+d");
  ASSERT_TRUE(std::holds_alternative<CellNames>(good));
  EXPECT_EQ(std::get<0>(good), (CellNames{"a/b", "c+d", "any"}));
  EXPECT_EQ(std::get<0>(parse_cell("a,b,cgn/line")), (CellNames{"a", "b", "cgn/line"}));
  for (const char* text : {"", "a", "a,", ",b", "a,b,", "a,,c", "a,b,c,d"})
    EXPECT_TRUE(std::holds_alternative<Problem>(parse_cell(text))) << text;
}

TEST_F(OverridesTest, Expectations) {  // case 4
  EXPECT_THAT(texts(plan(kText)), ElementsAre("client: full-cone, direct: 100 %", "client: full-cone, failed: 0 %",
                                              "client: symmetric, direct: >= 50 %",
                                              "policy: mine, link: {not: [wifi]}, time-to-direct-p50: <= 300 ms"));
  Overrides o;
  o.policies = {"relay-first"};
  EXPECT_THAT(texts(plan(kText, o)), ElementsAre("client: full-cone, direct: 100 %", "client: full-cone, failed: 0 %"));
  o.policies = {};
  o.cell = {"symmetric", "open"};
  const auto part = plan(kText, o);
  ASSERT_EQ(part.expectations.size(), 1U);
  EXPECT_EQ(part.expectations[0].cells.size(), 1U);
}

TEST_F(OverridesTest, Selectors) {  // case 5
  const auto p = plan(kText);
  ASSERT_EQ(p.expectations.size(), 4U);
  EXPECT_EQ(p.expectations[0].cells.size(), 8U);
  EXPECT_TRUE(p.expectations[2].pooled);
  EXPECT_EQ(p.expectations[2].low, 0.5);
  EXPECT_EQ(p.expectations[2].high, 1);
  EXPECT_EQ(p.expectations[3].quantity, trial::Expectation::Quantity::time_to_direct_p50);
  EXPECT_EQ(p.expectations[3].high, 300);
  EXPECT_EQ(p.expectations[3].line, 8);
  for (const auto i : p.expectations[3].cells) {
    EXPECT_EQ(p.cells[i].policy.name, "mine");
    EXPECT_EQ(p.cells[i].client.access.name, "wire");
  }
  const auto q = plan(
      "name: s\nclient: {nat: [open, cgn]}\nconnector: {nat: [open, cgn]}\nrelay: [{name: a}, {name: b}]\n"
      "expect:\n  - {client: any, connector: [open, cgn], relay: b, direct: 0 % to 50 %}\n  - {connector: {not: open}, "
      "failed: 0 %}\n");
  EXPECT_EQ(q.expectations.at(0).cells.size(), 4U);
  EXPECT_EQ(q.expectations.at(1).cells.size(), 4U);
}

TEST_F(OverridesTest, PairsThatWereNotDrawn) {  // case 6
  const std::string rare = "{population: [{nat: open, share: 99.99 %}, {nat: cgn, share: 0.01 %}]}";
  const auto p = plan("name: s\ntrials: 2\nclient: {nat: " + rare +
                      "}\nconnector: {nat: open}\nexpect:\n  - {client: cgn, direct: 100 %}\n  - {client: [cgn, open], "
                      "direct: 100 %, pooled: true}\n");
  EXPECT_EQ(p.cells.size(), 1U);
  EXPECT_THAT(texts(p), ElementsAre("client: [cgn, open], direct: 100 %"));
}

}  // namespace
}  // namespace punchlab::loader
