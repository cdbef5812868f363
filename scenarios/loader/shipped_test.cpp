// Cases
//  1. Every shipped scenario loads, has expectations, and has as many cells and trials as its lists say.
//  2. Every shipped NAT has title and source, and is what its name says: the classic four and the nine of RFC 4787.
//  3. Profiles come in a fixed order; `open` is not among them.
//  4. Every shipped population is drawable.
//  5. classic-nats and rfc4787 expect exactly the published tables: the 4x4, and the rule for mapping and filtering.
//  6. halkes2011: drawing 10^5 pairs gives the published 86.0 % +- 0.5 of unblocked pairs, by the rule of the 4x4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "scenarios/loader/scenario_files_for_test.hpp"

namespace punchlab::loader {
namespace {

using Quantity = trial::Expectation::Quantity;

trial::Plan shipped(const std::string& name) {
  auto result = load(presets_directory() / (name + ".yaml"));
  if (const auto* problem = std::get_if<Problem>(&result)) {
    ADD_FAILURE() << problem->to_string();
    return {};
  }
  return std::get<trial::Plan>(std::move(result));
}

std::uint64_t trials_of(const trial::Plan& plan) {
  return std::accumulate(plan.cells.begin(), plan.cells.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& cell) { return sum + cell.trials; });
}

std::vector<nat::Profile> profiles() {
  auto result = load_nat_profiles(presets_directory() / "nats");
  if (const auto* problem = std::get_if<Problem>(&result)) {
    ADD_FAILURE() << problem->to_string();
    return {};
  }
  return std::get<0>(std::move(result));
}

nat::Profile profile(const std::string& name) {
  for (const auto& p : profiles())
    if (p.name == name) return p;
  ADD_FAILURE() << "no " << name;
  return {};
}

TEST(Shipped, ScenariosLoad) {  // case 1
  const std::map<std::string, std::pair<std::size_t, std::uint64_t>> sizes = {{"classic-nats", {16, 3'200}},
                                                                              {"rfc4787", {81, 16'200}},
                                                                              {"halkes2011", {25, 100'000}},
                                                                              {"twingate", {18, 3'600}},
                                                                              {"access", {22, 4'400}},
                                                                              {"kernel-nat", {64, 1'280}},
                                                                              {"conntrack-clash", {48, 960}},
                                                                              {"shared-nat", {72, 3'600}},
                                                                              {"agents", {256, 256}},
                                                                              {"agent-race", {64, 1'280}}};
  for (const auto& [name, size] : sizes) {
    const auto plan = shipped(name);
    EXPECT_EQ(plan.name, name);
    EXPECT_EQ(plan.cells.size(), size.first) << name;
    EXPECT_EQ(trials_of(plan), size.second) << name;
    EXPECT_FALSE(plan.expectations.empty()) << name;
    EXPECT_FALSE(plan.scenario_text.empty()) << name;
  }
  for (const auto& entry : std::filesystem::directory_iterator(presets_directory())) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_TRUE(std::holds_alternative<trial::Plan>(load(entry.path()))) << entry.path();
  }
}

TEST(Shipped, NatsSayWhatTheyAre) {  // case 2
  for (const auto& p : profiles()) EXPECT_FALSE(p.title.empty() || p.source.empty()) << p.name;
  using enum nat::Dependence;
  const std::map<std::string, nat::Dependence> words = {
      {"EI", endpoint_independent}, {"AD", address_dependent}, {"APD", address_and_port_dependent}};
  for (const auto& [m, mapping] : words)
    for (const auto& [f, filtering] : words) {
      const auto p = profile(m + "M-" + f + "F");
      EXPECT_EQ(p.mapping, mapping) << p.name;
      EXPECT_EQ(p.filtering, filtering) << p.name;
    }
  const std::map<std::string, std::string> classic = {{"full-cone", "EIM-EIF"},
                                                      {"restricted-cone", "EIM-ADF"},
                                                      {"port-restricted-cone", "EIM-APDF"},
                                                      {"symmetric", "APDM-APDF"}};
  for (const auto& [name, axes] : classic) {
    EXPECT_EQ(profile(name).mapping, profile(axes).mapping) << name;
    EXPECT_EQ(profile(name).filtering, profile(axes).filtering) << name;
  }
  EXPECT_TRUE(profile("udp-blocked").udp_blocked);
  EXPECT_EQ(profile("udp-blocked").tcp, nat::TcpPassage::allowed);
  EXPECT_TRUE(profile("https-only").udp_blocked);
  EXPECT_EQ(profile("https-only").tcp, nat::TcpPassage::port_443);
  EXPECT_FALSE(profile("firewall").translates);
  EXPECT_TRUE(profile("linux-masquerade-unfiltered").unsolicited_creates_state);
}

TEST(Shipped, ProfilesAreInOrder) {  // case 3
  std::vector<std::string> names;
  for (const auto& p : profiles()) names.push_back(p.name);
  ASSERT_GE(names.size(), 13U);
  EXPECT_THAT(
      std::vector(names.begin(), names.begin() + 13),
      testing::ElementsAre("full-cone", "restricted-cone", "port-restricted-cone", "symmetric", "EIM-EIF", "EIM-ADF",
                           "EIM-APDF", "ADM-EIF", "ADM-ADF", "ADM-APDF", "APDM-EIF", "APDM-ADF", "APDM-APDF"));
  EXPECT_THAT(names, testing::Not(testing::Contains("open")));
}

class ShippedPopulations : public ScenarioFiles {};

TEST_F(ShippedPopulations, AreDrawable) {  // case 4
  for (const auto& entry : std::filesystem::directory_iterator(presets_directory() / "populations")) {
    const auto name = entry.path().stem().string();
    const auto p = plan("name: s\ntrials: 1000\nclient: {nat: {population: " + name + "}}\nconnector: {nat: open}\n");
    EXPECT_EQ(trials_of(p), 1'000U) << name;
  }
}

/// For each cell, the rate of `quantity` that the expectations leave, when it is one exact value.
std::map<std::pair<std::string, std::string>, double> exact(const trial::Plan& plan, Quantity quantity) {
  std::map<std::pair<std::string, std::string>, double> out;
  for (const auto& e : plan.expectations) {
    if (e.quantity != quantity || e.pooled) continue;
    EXPECT_EQ(e.low, e.high) << e.text;
    for (const auto i : e.cells) {
      const auto& cell = plan.cells[i];
      const auto [at, added] = out.emplace(std::pair{cell.client.nat_name, cell.connector.nat_name}, e.low);
      EXPECT_EQ(at->second, e.low) << e.text << " contradicts another";
    }
  }
  return out;
}

/// Rows and columns in the order of the scenario's lists.
void expect_table(const trial::Plan& plan, const std::vector<std::string>& rows) {
  const auto direct = exact(plan, Quantity::direct);
  ASSERT_EQ(plan.cells.size(), rows.size() * rows.size());
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    const auto& cell = plan.cells[i];
    const auto at = direct.find({cell.client.nat_name, cell.connector.nat_name});
    ASSERT_NE(at, direct.end()) << cell.client.nat_name << " x " << cell.connector.nat_name;
    EXPECT_EQ(at->second, rows[i / rows.size()][i % rows.size()] - '0') << at->first.first << " x " << at->first.second;
  }
  EXPECT_EQ(exact(plan, Quantity::failed).size(), plan.cells.size());
}

TEST(Shipped, ExpectThePublishedTables) {  // case 5
  expect_table(shipped("classic-nats"), {"1111", "1111", "1110", "1100"});
  expect_table(shipped("rfc4787"), {"111111111", "111111111", "111000000", "110110110", "110100100", "110000000",
                                    "110110000", "110100000", "110000000"});
}

TEST(Shipped, HalkesComesOutBySampling) {  // case 6
  const auto plan = shipped("halkes2011");
  double direct = 0, unblocked = 0;
  const auto is = [](const trial::Side& side, const char* name) { return side.nat_name == name; };
  for (const auto& cell : plan.cells) {
    if (is(cell.client, "udp-blocked") || is(cell.connector, "udp-blocked")) continue;
    const auto hard = [&](const trial::Side& a, const trial::Side& b) {
      return is(a, "APDM-APDF") && (is(b, "APDM-APDF") || is(b, "EIM-APDF"));
    };
    unblocked += static_cast<double>(cell.trials);
    if (!hard(cell.client, cell.connector) && !hard(cell.connector, cell.client))
      direct += static_cast<double>(cell.trials);
  }
  EXPECT_NEAR(direct / unblocked, 0.860, 0.005);
  EXPECT_NEAR(unblocked / 100'000, 0.9132, 0.005);  // (0.947 / 0.991)^2
}

}  // namespace
}  // namespace punchlab::loader
