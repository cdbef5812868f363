// From records to summary.json:
//  1. Counts, intervals and quantiles of a small cell worked out by hand.
//  2. Trials that never became direct count as infinite in its quantiles.
//  3. The same bytes whatever order the records come in.
//  4. Cells without trials are left out; records of unknown cells are refused.
//  5. Policies and links are pooled each for themselves.
//  6. summary.csv has one row per cell, quotes what needs it, and leaves infinite fields empty.
//  7. Link labels.
#include "results/store/summary.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/report/synthetic.hpp"
#include "results/store/labels.hpp"
#include "results/store/summary_files.hpp"

namespace punchlab::results {
namespace {

using testing::HasSubstr;
using testing::Not;

trial::Plan one_cell() {
  trial::Plan plan;
  plan.name = "small";
  plan.cells.resize(2);
  plan.cells[0].index = 4;
  plan.cells[0].client.nat_name = "a, \"b\"";
  plan.cells[0].connector.nat_name = "c";
  plan.cells[1].index = 5;
  return plan;
}

TrialRecord record_of(std::uint64_t trial, Outcome outcome, std::int64_t direct_ns) {
  TrialRecord r;
  r.cell = 4;
  r.trial = trial;
  r.outcome = outcome;
  r.packets_to_direct = 30;
  if (outcome == Outcome::direct) r.time_to_direct = Duration{direct_ns};
  if (outcome != Outcome::direct) r.reason = "mapping-varies";
  return r;
}

TEST(Summary, CountsByHand) {
  Summarizer summarizer(one_cell(), "memory", {{4, Prediction::may}});
  for (std::uint64_t k = 0; k < 6; ++k)
    summarizer.add(record_of(k, Outcome::direct, 100'000'001 + static_cast<std::int64_t>(k)));
  for (std::uint64_t k = 6; k < 9; ++k) summarizer.add(record_of(k, Outcome::relayed, 0));
  summarizer.add(record_of(9, Outcome::failed, 0));
  const auto json = nlohmann::json::parse(to_json(summarizer.finish()));
  ASSERT_EQ(json["cells"].size(), 1U);
  const auto& cell = json["cells"][0];
  EXPECT_EQ(cell["trials"], 10);
  EXPECT_EQ(cell["direct"]["count"], 6);
  EXPECT_EQ(cell["direct"]["rate"], 0.6);
  EXPECT_EQ(cell["direct"]["low"], 0.312674);
  EXPECT_EQ(cell["direct"]["high"], 0.831820);
  EXPECT_EQ(cell["failed"]["count"], 1);
  EXPECT_EQ(cell["time_to_direct_ms"]["p50"], 100.000005);
  EXPECT_TRUE(cell["time_to_direct_ms"]["p95"].is_null());
  EXPECT_EQ(cell["time_to_direct_ms"]["measured"], 6);
  EXPECT_TRUE(cell["rtt_direct_ms"]["p50"].is_null());
  EXPECT_EQ(cell["packets_to_direct"]["p50"], 30);
  EXPECT_TRUE(cell["packets_to_direct"]["p99"].is_null());
  EXPECT_EQ(cell["reasons"], (nlohmann::json{{"mapping-varies", 4}}));
  EXPECT_EQ(cell["oracle"], "may");
  EXPECT_EQ(json["trials"], 10);
  EXPECT_TRUE(json["warning"].is_null());
  EXPECT_TRUE(cell["late_p99_ms"]["p50"].is_null());
  EXPECT_EQ(cell["late_p99_ms"]["measured"], 0);
  EXPECT_EQ(json["pooled"][0]["direct"], cell["direct"]);
}

TEST(Summary, SaysHowLateTheMachineWas) {
  Summarizer summarizer(one_cell(), "sockets");
  for (std::uint64_t k = 0; k < 3; ++k) {
    auto record = record_of(k, Outcome::relayed, 0);
    record.late_p50 = std::chrono::milliseconds{k + 1};
    record.late_p99 = std::chrono::milliseconds{40 * (k + 1)};
    summarizer.add(record);
  }
  const auto json = nlohmann::json::parse(to_json(summarizer.finish()));
  EXPECT_EQ(json["cells"][0]["late_p50_ms"]["p50"], 2);
  EXPECT_EQ(json["pooled"][0]["late_p99_ms"]["p99"], 120);
  EXPECT_THAT(json["warning"].get<std::string>(), HasSubstr("p50 2.0 ms, p99 80.0 ms"));
}

TEST(Summary, DoesNotDependOnOrder) {
  const trial::Plan plan = synthetic_plan(SyntheticShape::access);
  std::vector<TrialRecord> records;
  for (const auto& cell : plan.cells) {
    for (std::uint64_t k = 0; k < cell.trials; ++k) records.push_back(synthetic_record(plan, cell, k));
  }
  const auto summarise = [&] {
    Summarizer summarizer(plan, "memory");
    for (const auto& record : records) summarizer.add(record);
    const Summary summary = summarizer.finish();
    return to_json(summary) + to_csv(summary);
  };
  const std::string forwards = summarise();
  SeededRng rng({.seed = 1, .cell = 0, .trial = 0, .purpose = purpose_of("shuffle")});
  for (std::size_t i = records.size() - 1; i > 0; --i) std::swap(records[i], records[rng.below(i + 1)]);
  EXPECT_EQ(summarise(), forwards);
}

TEST(Summary, RefusesUnknownCells) {
  Summarizer summarizer(one_cell(), "memory");
  TrialRecord stray;
  stray.cell = 0;
  EXPECT_FALSE(summarizer.add(stray));
  const Summary summary = summarizer.finish();
  EXPECT_EQ(summary.trials, 0U);
  EXPECT_TRUE(summary.cells.empty());
}

TEST(Summary, PoolsPoliciesAndLinks) {
  const trial::Plan plan = synthetic_plan(SyntheticShape::access);
  Summarizer summarizer(plan, "memory");
  for (const auto& cell : plan.cells) summarizer.add(synthetic_record(plan, cell, 0));
  const Summary summary = summarizer.finish();
  ASSERT_EQ(summary.pooled.size(), 10U);
  EXPECT_EQ(summary.pooled[1].policy, "relay-first");
  EXPECT_EQ(summary.pooled[1].link, "loss-1");
  EXPECT_EQ(summary.pooled[1].tally.trials, 4U);
  EXPECT_EQ(summary.pooled[1].tally.time_to_direct.trials(), 4U);
}

TEST(Summary, PoolsDrawsOfOnePopulationAndListedPairsApart) {
  trial::Plan plan = synthetic_plan(SyntheticShape::classic);
  const auto pooled = [&] {
    Summarizer summarizer(plan, "memory");
    for (const auto& cell : plan.cells) {
      for (std::uint64_t k = 0; k < 10; ++k) summarizer.add(synthetic_record(plan, cell, k));
    }
    return nlohmann::json::parse(to_json(summarizer.finish()))["pooled"][0];
  };
  EXPECT_EQ(pooled()["strata"], 16);
  EXPECT_EQ(pooled()["direct"]["rate"], 0.8125);
  EXPECT_EQ(pooled()["direct"]["low"], 0.749959) << "13 cells of 10 of 10: 0.8125 - sqrt(13) * 0.277533 / 16";
  for (auto& cell : plan.cells) cell.draw = 0;
  EXPECT_EQ(pooled()["strata"], 1);
  EXPECT_EQ(pooled()["direct"]["low"], 0.74496) << "Wilson's of 130 of 160";
  for (auto& cell : plan.cells) cell.draw = cell.index / 4;
  EXPECT_EQ(pooled()["strata"], 4);
}

TEST(Summary, WritesCsv) {
  Summarizer summarizer(one_cell(), "memory");
  summarizer.add(record_of(0, Outcome::relayed, 0));
  const std::string csv = to_csv(summarizer.finish());
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2);
  const std::string header = csv.substr(0, csv.find('\n'));
  const std::string row = csv.substr(csv.find('\n') + 1);
  EXPECT_THAT(row, HasSubstr("4,\"a, \"\"b\"\"\",c,relay-first,,,1,0,0.000000,0.000000,0.793451,1,1.000000"));
  EXPECT_EQ(std::count(row.begin(), row.end(), ','), std::count(header.begin(), header.end(), ',') + 1)
      << "one comma is quoted";
}

TEST(Summary, LabelsLinks) {
  trial::Cell cell;
  EXPECT_EQ(link_label(cell), "");
  cell.client.access.name = "wifi";
  EXPECT_EQ(link_label(cell), "wifi");
  cell.connector.access.name = "wifi";
  EXPECT_EQ(link_label(cell), "wifi");
  cell.relay.name = "near";
  EXPECT_EQ(link_label(cell), "client wifi, connector wifi, relay near");
}

}  // namespace
}  // namespace punchlab::results
