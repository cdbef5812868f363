// Cases
//  1. Cells are policies x relays x clients x connectors, numbered in the order of the plan.
//  2. A cell's world depends on names only: not on the policy, the order of lists, or what else is listed.
//  3. What the file leaves out has its default; what it gives arrives.
//  4. The links of several places: names, products, each with its own NATs; distances of relays.
//  5. Populations: counts sum to the trials, follow the shares, depend on the seed, are the same for policies and
//  links.
//  6. A population on one side draws for each NAT of the other; a share of 0 is never drawn; a million pairs plan.
//  8. Shared networks multiply the cells, have names of their own in worlds, overrides and rules, and change no cell
//  without.
//  9. `agent: same`: a connector has its client's agent and meets no other; the world of a pair of NATs is one for all
//  agents.
//  7. Too many cells or trials are a problem before anything is built.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "scenarios/loader/scenario_files_for_test.hpp"

namespace punchlab::loader {
namespace {

using std::chrono::milliseconds;

class Planner : public ScenarioFiles {};

/// "client/link x connector/link @relay" to the cell, for one policy.
std::map<std::string, trial::Cell> by_name(const trial::Plan& plan, const std::string& policy = "relay-first") {
  std::map<std::string, trial::Cell> out;
  const auto name = [](const trial::Side& s) {
    return s.nat_name + (s.access.name.empty() ? "" : "/" + s.access.name);
  };
  for (const auto& cell : plan.cells)
    if (cell.policy.name == policy)
      out[name(cell.client) + " x " + name(cell.connector) + (cell.relay.name.empty() ? "" : " @" + cell.relay.name)] =
          cell;
  return out;
}

TEST_F(Planner, CellsAreTheProduct) {  // case 1
  const auto p = plan(
      "name: s\npolicy: [relay-first, ice]\nrelay: [{name: r1}, {name: r2}]\n"
      "client: {nat: [full-cone, open], access: [{name: a}, {name: b}, {name: c}]}\nconnector: {nat: [symmetric, "
      "cgn]}\n");
  ASSERT_EQ(p.cells.size(), 2U * 2 * 6 * 2);
  std::set<std::uint64_t> worlds;
  for (std::size_t i = 0; i < p.cells.size(); ++i) {
    EXPECT_EQ(p.cells[i].index, i);
    worlds.insert(p.cells[i].world);
  }
  EXPECT_EQ(worlds.size(), 24U);  // shared by the two policies, else all different
  EXPECT_EQ(p.cells.front().policy.name, "relay-first");
  EXPECT_EQ(p.cells.back().policy.name, "ice");
  EXPECT_EQ(p.cells[0].connector.nat_name, "symmetric");
  EXPECT_EQ(p.cells[1].connector.nat_name, "cgn");
  EXPECT_TRUE(by_name(p).count("open/c x cgn @r2"));
}

TEST_F(Planner, SameAgentsMeet) {  // case 9
  const auto p = plan(
      "name: s\nclient: [{nat: [full-cone, symmetric], agent: [libnice, ./mine]}, {nat: cgn, agent: libnice}]\n"
      "connector: {nat: [open, cgn], agent: same}\nexpect: [{client: mine, connector: mine, failed: 0 %}]\n");
  const auto cells = by_name(p);
  EXPECT_EQ(cells.size(), 3U * 2 + 2 * 2);
  for (const auto& [name, cell] : cells) EXPECT_EQ(cell.client.agent.name, cell.connector.agent.name) << name;
  EXPECT_TRUE(cells.count("libnice:cgn x libnice:open"));
  EXPECT_TRUE(cells.count("mine:symmetric x mine:cgn"));
  EXPECT_EQ(cells.at("mine:full-cone x mine:open").world, cells.at("libnice:full-cone x libnice:open").world);
  ASSERT_EQ(p.expectations.size(), 1U);
  EXPECT_EQ(p.expectations[0].cells.size(), 4U);
}

TEST_F(Planner, WorldsDependOnNamesOnly) {  // case 2
  const auto few = by_name(plan("name: s\nclient: {nat: [full-cone, symmetric]}\nconnector: {nat: open}\n"));
  const auto many =
      by_name(plan("name: other\nseed: 9\npolicy: [ice, relay-first]\n"
                   "client: {nat: [cgn, symmetric, full-cone]}\nconnector: {nat: [firewall, open]}\n"));
  for (const auto& [name, cell] : few) EXPECT_EQ(cell.world, many.at(name).world) << name;
  EXPECT_NE(few.at("full-cone x open").world, few.at("symmetric x open").world);
  // Sides are not interchangeable.
  EXPECT_NE(many.at("cgn x open").world,
            by_name(plan("name: s\nclient: {nat: open}\nconnector: {nat: cgn}\n")).at("open x cgn").world);
}

TEST_F(Planner, Defaults) {  // case 3
  const auto p = plan(scenario());
  ASSERT_EQ(p.cells.size(), 1U);
  const auto& cell = p.cells[0];
  EXPECT_EQ(p.title, "s");
  EXPECT_EQ(p.seed, 1U);
  EXPECT_EQ(cell.trials, 100U);
  EXPECT_EQ(cell.timeout, std::chrono::seconds{15});
  EXPECT_EQ(cell.policy, *find_policy("relay-first"));
  EXPECT_TRUE(cell.session);
  EXPECT_EQ(cell.traffic.probes, 20U);
  EXPECT_EQ(cell.relay.latency, link::Distribution::constant(0.010));
}

TEST_F(Planner, WhatIsGivenArrives) {  // case 3
  const auto p =
      plan(scenario("title: A title\nseed: 18446744073709551615\ntrials: 7\ntimeout: 2.5 s\nsession: off\n"
                    "traffic: {probes: 3, interval: 5 ms, size: 1.2 kB}\n"));
  const auto& cell = p.cells.at(0);
  EXPECT_EQ(p.title, "A title");
  EXPECT_EQ(p.seed, 18446744073709551615ULL);
  EXPECT_EQ(cell.trials, 7U);
  EXPECT_EQ(cell.timeout, milliseconds{2'500});
  EXPECT_FALSE(cell.session);
  EXPECT_EQ(cell.traffic.probes, 3U);
  EXPECT_EQ(cell.traffic.interval, milliseconds{5});
  EXPECT_EQ(cell.traffic.size, 1200U);
}

TEST_F(Planner, PlacesAndRelays) {  // case 4
  const auto p =
      by_name(plan("name: s\nclient: {nat: open, access: {latency: 8 ms, up-latency: {uniform: [1 ms, 2 ms]}}}\n"
                   "connector:\n  - {nat: [open, cgn], access: {name: cloud, latency: 1 ms}}\n  - {nat: cgn, access: "
                   "{name: office}}\n"
                   "relay: [{name: here, latency: 2 ms}, {name: there, latency: 3 ms, client-distance: 30 ms}]\n"));
  ASSERT_EQ(p.size(), 6U);
  EXPECT_TRUE(p.count("open x cgn/office @here"));
  EXPECT_FALSE(p.count("open x open/office @here"));
  EXPECT_EQ(p.at("open x cgn/cloud @here").client.access.latency, link::Distribution::constant(0.008));
  const auto& far = p.at("open x cgn/cloud @there");
  EXPECT_EQ(far.relay.latency.a, 0.003);
  EXPECT_DOUBLE_EQ(far.client.access.latency.a, 0.038);
  EXPECT_DOUBLE_EQ(far.client.access.up_latency->a, 0.031);
  EXPECT_DOUBLE_EQ(far.client.access.up_latency->b, 0.032);
  EXPECT_EQ(far.connector.access.latency.a, 0.001);
}

const char* kPopulations =
    "name: s\ntrials: 100000\npolicy: [relay-first, ice]\n"
    "client: {nat: {population: [{nat: open, share: 25 %}, {nat: cgn, share: 75 %}, {nat: firewall, share: 0 %}]},\n"
    "         access: [{name: a}, {name: b}]}\n"
    "connector: {nat: {population: [{nat: open, share: 50 %}, {nat: symmetric, share: 0.5}]}}\n";

TEST_F(Planner, PopulationsAreDrawn) {  // case 5
  const auto p = plan(kPopulations);
  const auto cells = by_name(p);
  std::uint64_t sum = 0;
  for (const auto& [name, cell] : cells)
    if (cell.client.access.name == "a") sum += cell.trials;
  EXPECT_EQ(sum, 100'000U);
  EXPECT_NEAR(static_cast<double>(cells.at("open/a x open").trials), 12'500, 500);
  EXPECT_NEAR(static_cast<double>(cells.at("cgn/a x symmetric").trials), 37'500, 700);
  EXPECT_FALSE(cells.count("firewall/a x open"));
  const auto ice = by_name(p, "ice");
  for (const auto& [name, cell] : cells) EXPECT_EQ(cell.trials, ice.at(name).trials) << name;
  EXPECT_EQ(cells.at("open/a x open").trials, cells.at("open/b x open").trials);
  Overrides other;
  other.seed = 2;
  EXPECT_NE(by_name(plan(kPopulations, other)).at("open/a x open").trials, cells.at("open/a x open").trials);
  for (const auto& [name, cell] : cells) EXPECT_EQ(cell.draw, 0U) << name;
  for (const auto& cell : plan("name: s\nclient: {nat: [open, cgn]}\nconnector: {nat: open}\n").cells)
    EXPECT_EQ(cell.draw, std::nullopt);
}

TEST_F(Planner, PopulationOnOneSide) {  // case 6
  const std::string population = "{population: [{nat: open, share: 40 %}, {nat: cgn, share: 60 %}]}";
  const auto p = by_name(
      plan("name: s\ntrials: 1000000\nclient: {nat: [full-cone, symmetric]}\nconnector: {nat: " + population + "}\n"));
  for (const char* client : {"full-cone", "symmetric"}) {
    const auto open = p.at(client + std::string{" x open"}).trials;
    EXPECT_EQ(open + p.at(client + std::string{" x cgn"}).trials, 1'000'000U);
    EXPECT_NEAR(static_cast<double>(open), 400'000, 2'500);
  }
  EXPECT_NE(p.at("full-cone x open").trials, p.at("symmetric x open").trials);
  EXPECT_EQ(p.at("full-cone x open").draw, p.at("full-cone x cgn").draw);
  EXPECT_NE(p.at("full-cone x open").draw, p.at("symmetric x open").draw);
  // Another NAT in the list changes nothing for these.
  const auto longer = by_name(plan(
      "name: s\ntrials: 1000000\nclient: {nat: [open, symmetric, full-cone]}\nconnector: {nat: " + population + "}\n"));
  EXPECT_EQ(longer.at("full-cone x open").trials, p.at("full-cone x open").trials);
  const auto mirrored =
      by_name(plan("name: s\ntrials: 1000\nclient: {nat: " + population + "}\nconnector: {nat: [open, cgn]}\n"));
  EXPECT_EQ(mirrored.at("open x cgn").trials + mirrored.at("cgn x cgn").trials, 1'000U);
  EXPECT_EQ(mirrored.at("open x cgn").draw, mirrored.at("cgn x cgn").draw);
  EXPECT_NE(mirrored.at("open x cgn").draw, mirrored.at("open x open").draw);
}

TEST_F(Planner, TooLarge) {  // case 7
  std::string many = "[";
  for (int i = 0; i < 1'000; ++i) many += "{base: open, name: n" + std::to_string(i) + "}, ";
  many += "]";
  EXPECT_EQ(problem("name: s\nclient: {nat: " + many + "}\nconnector: {nat: " + many + "}\n"),
            "s.yaml:1:1: 1000000 cells (1 policies x 1 relays x 1000 clients x 1000 connectors), more than 100000; "
            "shorten a list");
  EXPECT_EQ(problem("name: s\ntrials: 60000000\nclient: {nat: [open, cgn]}\nconnector: {nat: open}\n"),
            "s.yaml:1:1: 120000000 trials in all, more than 100000000; lower trials or shorten a list");
  EXPECT_EQ(problem(kPopulations + std::string{"expect: [{direct: \">= 0 %\"}]\n"}), "");
}

constexpr const char* kShared =
    "name: s\nclient: {nat: [full-cone, open]}\nconnector: {nat: [symmetric, cgn]}\n"
    "shared: [{nat: [cgn, [port-restricted-cone, cgn]], access: {latency: 5 ms}},"
    " {nat: full-cone, access: {name: line, latency: 7 ms}}]\n";

TEST_F(Planner, SharedNetworksMultiply) {  // case 8
  const auto p = plan(kShared);
  ASSERT_EQ(p.cells.size(), 3U * 4);
  std::set<std::uint64_t> worlds;
  for (const auto& cell : p.cells) worlds.insert(cell.world);
  EXPECT_EQ(worlds.size(), 12U);
  ASSERT_TRUE(p.cells[4].shared);
  EXPECT_EQ(p.cells[0].shared->nat_name, "cgn");
  EXPECT_EQ(p.cells[4].shared->nat_name, "port-restricted-cone+cgn");
  EXPECT_EQ(p.cells[4].shared->nats.size(), 2U);
  EXPECT_EQ(p.cells[8].shared->access.latency.a, 0.007);
  const auto alone = plan("name: s\nclient: {nat: [full-cone, open]}\nconnector: {nat: [symmetric, cgn]}\n");
  EXPECT_FALSE(alone.cells[0].shared);
  EXPECT_FALSE(worlds.count(alone.cells[0].world));
}

TEST_F(Planner, SharedNetworksHaveNames) {  // case 8
  Overrides o;
  o.cell = {"any", "cgn", "full-cone/line"};
  const auto part = plan(kShared, o);
  ASSERT_EQ(part.cells.size(), 2U);
  EXPECT_EQ(part.cells[0].index, 9U);
  o.cell = {"any", "any", "line"};
  EXPECT_EQ(problem(kShared, o),
            "--cell: no shared network of this scenario is \"line\"; the nearest is \"cgn\" (known: cgn, "
            "port-restricted-cone+cgn, full-cone, full-cone/line)");
  const auto rules = plan(std::string{kShared} +
                          "expect: [{shared: cgn, direct: 0 %}, {shared: {not: [cgn]}, link: line, failed: 0 %}]\n");
  ASSERT_EQ(rules.expectations.size(), 2U);
  EXPECT_THAT(rules.expectations[0].cells, testing::ElementsAre(0U, 1U, 2U, 3U));
  EXPECT_THAT(rules.expectations[1].cells, testing::ElementsAre(8U, 9U, 10U, 11U));
  EXPECT_EQ(rules.expectations[1].text, "shared: {not: [cgn]}, link: line, failed: 0 %");
}

}  // namespace
}  // namespace punchlab::loader
