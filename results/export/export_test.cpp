// Exporting a run:
//  1. CSV: a header, one line per trial in order, all of one length; never is an empty field, names with commas are
//  quoted.
//  2. JSON: an array of as many objects, with the same values; never is null.
//  3. A reader that goes away ends it without an error; a run without trials gives an empty table; a changed one an
//  error.
#include "results/export/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "results/report/synthetic.hpp"
#include "results/store/temporary_folder.hpp"

namespace punchlab::results {
namespace {

using testing::HasSubstr;

struct ExportTest : testing::Test {
  TemporaryFolder temporary;
  trial::Plan plan = synthetic_plan(SyntheticShape::classic);

  Store run_of(std::uint64_t trials) {
    auto store = Store::create(temporary / "run", synthetic_manifest(plan), plan);
    for (const auto& cell : plan.cells)
      for (std::uint64_t k = 0; k < trials; ++k) EXPECT_FALSE(store->append(synthetic_record(plan, cell, k)));
    EXPECT_FALSE(store->finish(Manifest::State::complete, 1));
    return std::move(*Store::open(temporary / "run"));
  }
  static std::string text_of(const Store& store, ExportFormat format) {
    std::string text;
    EXPECT_FALSE(export_trials(store, format, [&](std::string_view piece) {
      text += piece;
      return true;
    }));
    return text;
  }
};

TEST_F(ExportTest, Csv) {  // case 1
  for (auto& cell : plan.cells) cell.policy.name = "relay, first";
  const auto text = text_of(run_of(3), ExportFormat::csv);
  std::istringstream lines(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  ASSERT_EQ(all.size(), 1U + 48U);
  EXPECT_THAT(all[0],
              testing::StartsWith("cell,client,connector,policy,link,trial,outcome,reason,time_to_first_byte_ms,"));
  EXPECT_THAT(all[1], testing::StartsWith("0,full-cone,full-cone,\"relay, first\",,0,direct,,"));
  EXPECT_THAT(all[48], testing::StartsWith("15,symmetric,symmetric,\"relay, first\",,2,relayed,mapping-varies,"));
  EXPECT_THAT(all[48], HasSubstr(",,,,"));
  EXPECT_EQ(std::count(all[0].begin(), all[0].end(), ',') + 1, std::count(all[1].begin(), all[1].end(), ','));
}

TEST_F(ExportTest, Json) {  // case 2
  const auto json = nlohmann::json::parse(text_of(run_of(3), ExportFormat::json));
  ASSERT_EQ(json.size(), 48U);
  const auto record = synthetic_record(plan, plan.cells[0], 0);
  EXPECT_EQ(json[0]["time_to_direct_ms"], static_cast<double>(record.time_to_direct->count()) / 1e6);
  EXPECT_EQ(json[0]["packets_to_direct"], record.packets_to_direct);
  EXPECT_TRUE(json[47]["time_to_direct_ms"].is_null());
  EXPECT_EQ(json[47]["client"], "symmetric");
}

TEST_F(ExportTest, Ends) {  // case 3
  const auto store = run_of(500);
  int pieces = 0;
  EXPECT_FALSE(export_trials(store, ExportFormat::csv, [&](std::string_view) { return ++pieces < 2; }));
  EXPECT_EQ(pieces, 2);
  {
    auto database = Database::open(temporary / "run" / "trials.sqlite", Database::Mode::write);
    ASSERT_FALSE((*database)->execute("UPDATE trials SET events = 1 WHERE cell = 15 AND trial = 3"));
  }
  const auto failure =
      export_trials(*Store::open(temporary / "run"), ExportFormat::csv, [](std::string_view) { return true; });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->exit_status(), 2);
}

TEST_F(ExportTest, WithoutTrials) {
  const auto store = run_of(0);
  EXPECT_EQ(text_of(store, ExportFormat::json), "[\n]\n");
  EXPECT_THAT(text_of(store, ExportFormat::csv), testing::EndsWith("trace_hash\r\n"));
}

}  // namespace
}  // namespace punchlab::results
