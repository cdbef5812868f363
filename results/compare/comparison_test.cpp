// Comparing runs:
//  1. A run with itself: pairs everywhere, no difference, every probability 1.
//  2. Same seed, one cell made worse: that cell and no other differs, with its size, its reasons and both rates.
//  3. Another seed: independent samples, no pairs; equal worlds do not differ.
//  4. Slower by a constant: the medians' difference is that constant, and rates do not differ.
//  5. Policies of one run against the first; two runs with one policy each, whatever they are called.
//  6. Cells without a partner are named; runs without a common cell have nothing compared.
//  7. A trial that one side lacks is left out of the pairs.
//  8. Holm: among many equal cells nothing differs, though one in twenty would without it.
//  9. Corrupt and foreign folders, a run without trials: an error with status 2.
// 10. Text and JSON tell the same and are well-formed; infinities are null.
// 11. Tolerance: a difference within it is no difference, keeps its size and interval, and is told apart from none;
// beyond
//     it is one, in pairs and in samples. Times that never come are beyond every tolerance. Chance within it is chance.
// 12. Pairs that ended with two outcomes are named, and only pairs.
// 13. All cells together: the difference of the means of pairs that are listed, with the strata's interval, in pairs
// and
//     in samples, weighted alike on both sides; of draws from a population the difference of all their trials.
#include "results/compare/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "results/compare/comparison_json.hpp"
#include "results/compare/comparison_text.hpp"
#include "results/report/synthetic.hpp"
#include "results/store/temporary_folder.hpp"
#include "results/terminal/text_table.hpp"

namespace punchlab::results {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Change = std::function<void(TrialRecord&)>;

struct CompareTest : testing::Test {
  TemporaryFolder temporary;
  int runs = 0;

  /// An invented run of `trials` per cell; `change` may alter each record.
  std::filesystem::path make(const trial::Plan& plan, std::uint64_t trials, const Change& change = {}) {
    const auto folder = temporary / ("run" + std::to_string(runs++)).c_str();
    auto store = Store::create(folder, synthetic_manifest(plan), plan);
    EXPECT_TRUE(store);
    for (const auto& cell : plan.cells) {
      for (std::uint64_t k = 0; k < std::min(trials, cell.trials); ++k) {
        auto record = synthetic_record(plan, cell, k);
        if (change) change(record);
        EXPECT_FALSE(store->append(record));
      }
    }
    EXPECT_FALSE(store->finish(Manifest::State::complete, 1));
    return folder;
  }
  static RunTrials read(const std::filesystem::path& folder) {
    auto run = read_run(folder);
    EXPECT_TRUE(run) << (run ? "" : run.error().text);
    return std::move(*run);
  }
  static trial::Plan classic(std::uint64_t seed = 1) {
    auto plan = synthetic_plan(SyntheticShape::classic);
    plan.seed = seed;
    return plan;
  }
};

/// Cell 0 relayed in every third trial.
void worsen(TrialRecord& record) {
  if (record.cell != 0 || record.trial % 3 != 0) return;
  record.outcome = Outcome::relayed;
  record.reason = "mapping-varies";
  record.time_to_direct.reset();
}

std::vector<const CellComparison*> differing(const Comparison& comparison) {
  std::vector<const CellComparison*> cells;
  for (const auto& policy : comparison.policies)
    for (const auto& cell : policy.cells)
      if (cell.contrasts.any_differs()) cells.push_back(&cell);
  return cells;
}

TEST_F(CompareTest, WithItself) {  // case 1
  const auto run = read(make(classic(), 60));
  const auto comparison = compare(run, run);
  ASSERT_THAT(comparison.policies, SizeIs(1));
  ASSERT_THAT(comparison.policies[0].cells, SizeIs(16));
  for (const auto& cell : comparison.policies[0].cells) {
    EXPECT_EQ(cell.contrasts.pairs, 60U);
    for (const auto& rate : cell.contrasts.rates) {
      EXPECT_EQ(rate.probability, 1);
      EXPECT_EQ(rate.difference.value, 0);
    }
    for (const auto& time : cell.contrasts.times) EXPECT_EQ(time.probability, 1);
    EXPECT_THAT(cell.contrasts.reasons, IsEmpty());
  }
  EXPECT_EQ(comparison.policies[0].pooled.at("").pairs, 960U);
}

TEST_F(CompareTest, OneCellWorse) {  // case 2
  const auto before = read(make(classic(), 60));
  const auto after = read(make(classic(), 60, worsen));
  const auto comparison = compare(before, after);
  const auto found = differing(comparison);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0]->client, "full-cone");
  EXPECT_EQ(found[0]->connector, "full-cone");
  const auto& direct = found[0]->contrasts.rate(Outcome::direct);
  EXPECT_EQ(direct.first.count, 60U);
  EXPECT_EQ(direct.second.count, 40U);
  EXPECT_NEAR(direct.difference.value, -1.0 / 3, 1e-12);
  EXPECT_LT(direct.difference.high, -0.1);
  EXPECT_EQ(found[0]->contrasts.reasons.at("mapping-varies").first, 0U);
  EXPECT_EQ(found[0]->contrasts.reasons.at("mapping-varies").second, 20U);
  const auto text = comparison_text(comparison, before, after);
  EXPECT_THAT(text, HasSubstr("1 of 16 cells differ"));
  EXPECT_THAT(text, HasSubstr("direct: 100 % (94.0–100 %) → 66.7 % (54.1–77.3 %), −33.3 points"));
  EXPECT_THAT(text, HasSubstr("reason mapping-varies: 0 → 20 trials of those that ended differently"));
}

TEST_F(CompareTest, OtherSeed) {  // case 3
  auto plan = classic(2);
  const auto first = read(make(classic(), 60));
  auto folder = make(plan, 60);
  auto second = read(folder);
  second.manifest.seed = 2;
  const auto comparison = compare(first, second);
  for (const auto& cell : comparison.policies[0].cells) EXPECT_EQ(cell.contrasts.pairs, 0U);
  EXPECT_THAT(differing(comparison), IsEmpty());
  EXPECT_THAT(comparison_text(comparison, first, second), HasSubstr("960 and 960 independent trials"));
}

TEST_F(CompareTest, SlowerByAConstant) {  // case 4
  const auto later = [](TrialRecord& record) {
    if (record.time_to_direct) *record.time_to_direct += std::chrono::milliseconds{7};
  };
  const auto before = read(make(classic(), 60));
  const auto comparison = compare(before, read(make(classic(), 60, later)));
  for (const auto& cell : comparison.policies[0].cells) {
    const auto& time = cell.contrasts.time(Quantity::time_to_direct);
    EXPECT_FALSE(cell.contrasts.rate(Outcome::direct).differs());
    EXPECT_EQ(time.differs(), time.measured) << cell.client << cell.connector;
    EXPECT_EQ(time.difference.value, time.measured ? 7e6 : 0);
  }
}

TEST_F(CompareTest, WithinTheTolerance) {  // case 11
  using std::chrono::milliseconds;
  const auto later = [](TrialRecord& record) {
    if (record.time_to_direct) *record.time_to_direct += milliseconds{7};
  };
  const auto before = read(make(classic(), 60));
  auto after = read(make(classic(), 60, later));
  for (const bool pairs : {true, false}) {
    if (!pairs) after.manifest.seed = 2;
    const auto tolerant = compare(before, after, milliseconds{10});
    for (const auto& cell : tolerant.policies[0].cells) {
      const auto& time = cell.contrasts.time(Quantity::time_to_direct);
      EXPECT_FALSE(cell.contrasts.any_differs());
      EXPECT_EQ(time.probability, 1);
      EXPECT_EQ(time.is_tolerated(), time.any_adjusted < kSignificance);
      if (pairs) {
        EXPECT_EQ(time.is_tolerated(), time.measured);
        EXPECT_EQ(time.difference.value, time.measured ? 7e6 : 0);
      }
    }
    const auto strict = compare(before, after, milliseconds{2});
    for (const auto& cell : strict.policies[0].cells) {
      const auto& time = cell.contrasts.time(Quantity::time_to_direct);
      EXPECT_FALSE(time.differs() && time.is_tolerated());
      if (pairs) {
        EXPECT_GE(time.probability, time.any) << "a difference beyond a tolerance is rarer than any";
      }
      if (pairs) {
        EXPECT_EQ(time.differs(), time.measured);
      }
    }
    const auto text = comparison_text(tolerant, before, after);
    EXPECT_THAT(text, HasSubstr("0 of 16 cells differ"));
    if (pairs) {
      EXPECT_THAT(text, HasSubstr("≈ too, but not more than 10 ms beyond chance"));
      EXPECT_THAT(text, HasSubstr("more than chance, but not shown to exceed the tolerance of 10 ms (--tolerance): "));
      EXPECT_THAT(text, HasSubstr("time to direct +7.0 ms (+7.0 ms to +7.0 ms)"));
    }
    EXPECT_THAT(comparison_text(compare(before, after), before, after), Not(HasSubstr("≈")));
  }
}

TEST_F(CompareTest, NeverIsBeyondEveryTolerance) {  // case 11
  const auto never = [](TrialRecord& record) {
    if (record.cell == 0) record.time_to_direct.reset();
  };
  const auto before = read(make(classic(), 60));
  const auto after = read(make(classic(), 60, never));
  const auto comparison = compare(before, after, std::chrono::seconds{60});
  const auto found = differing(comparison);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_TRUE(found[0]->contrasts.time(Quantity::time_to_direct).differs());
}

TEST_F(CompareTest, NamesPairsThatEndedOtherwise) {  // case 12
  const auto before = read(make(classic(), 10));
  auto after = read(make(classic(), 10, worsen));
  const auto cells = compare(before, after).policies[0].cells;
  EXPECT_EQ(cells[0].ended_otherwise, (std::vector<std::uint64_t>{0, 3, 6, 9}));
  EXPECT_THAT(cells[1].ended_otherwise, IsEmpty());
  EXPECT_EQ(cells[1].first_cell, before.cells[1].cell.cell);
  EXPECT_EQ(cells[1].second_cell, after.cells[1].cell.cell);
  after.manifest.seed = 2;
  EXPECT_THAT(compare(before, after).policies[0].cells[0].ended_otherwise, IsEmpty());
}

/// Its pooled entry.
const Contrasts& together(const Comparison& comparison) { return comparison.policies[0].pooled.at(""); }

TEST_F(CompareTest, TogetherListedPairsAreStrata) {  // case 13
  const auto plan = classic();
  const auto before = read(make(plan, 60));
  auto after = read(make(plan, 60, worsen));
  for (const bool pairs : {true, false}) {
    if (!pairs) after.manifest.seed = 2;
    const auto comparison = compare(before, after);
    const auto& all = together(comparison);
    EXPECT_EQ(all.pairs, pairs ? 960U : 0U);
    EXPECT_EQ(all.strata, 16U);
    std::vector<Stratum> strata;
    for (const auto& cell : comparison.policies[0].cells) {
      const auto& d = cell.contrasts.rate(Outcome::direct).difference;
      strata.push_back({120, d.value, d.low, d.high});
    }
    const auto mean = stratified_mean(strata);
    const auto& direct = all.rate(Outcome::direct);
    EXPECT_NEAR(direct.difference.value, -20.0 / 960, 1e-12);
    EXPECT_EQ(direct.difference.low, mean.low);
    EXPECT_EQ(direct.difference.high, mean.high);
    EXPECT_EQ(direct.first.count, 780U);
    EXPECT_NEAR(direct.first.rate, 0.8125, 1e-12);
    EXPECT_NEAR(direct.second.rate, 760.0 / 960, 1e-12);
    std::vector<Proportion> after_by_cell(16, Proportion{60, 60});
    after_by_cell[0].count = 40;
    for (const std::size_t never : {11U, 14U, 15U}) after_by_cell[never].count = 0;
    EXPECT_NEAR(direct.second.interval.low, stratified_interval(after_by_cell).low, 1e-12);
    EXPECT_NEAR(direct.second.interval.high, stratified_interval(after_by_cell).high, 1e-12);
    EXPECT_LT(direct.probability, 0.0001);
    EXPECT_THAT(comparison_text(comparison, before, after),
                HasSubstr("\nMean of 16 cells: direct 81.2 % → 79.2 % (−3.7 to −0.4), relayed"));
    const auto json = nlohmann::json::parse(to_json(comparison, before, after, ""))["pooled"][0];
    EXPECT_EQ(json["strata"], 16);
    EXPECT_EQ(json["direct"]["first"]["rate"], 0.8125);
    EXPECT_GT(json["direct"]["first"]["low"], 0.79) << "not Wilson's";
  }
}

TEST_F(CompareTest, TogetherCellsWeighAlikeOnBothSides) {  // case 13
  const auto before = read(make(classic(), 60));
  auto after = before;
  after.manifest.seed = 2;
  for (auto& cell : after.cells)  // the same rates, but few trials of those that are never direct
    if (cell.trials[0].outcome == Outcome::relayed) cell.trials.resize(5);
  const auto direct = together(compare(before, after)).rate(Outcome::direct);
  EXPECT_NEAR(direct.difference.value, 0, 1e-12) << "no cell differs";
  EXPECT_NEAR(direct.first.rate, direct.second.rate, 1e-12);
  EXPECT_GT(direct.probability, 0.99);
}

TEST_F(CompareTest, TogetherDrawsAreOneSample) {  // case 13
  auto plan = classic();
  for (auto& cell : plan.cells) cell.draw = 0;
  auto before = read(make(plan, 60)), after = read(make(plan, 60, worsen));
  know_draws(before, plan);
  EXPECT_EQ(together(compare(before, after)).strata, 16U) << "the other run lists them";
  know_draws(after, plan);
  const auto comparison = compare(before, after);
  EXPECT_EQ(together(comparison).strata, 1U);
  const auto& direct = together(comparison).rate(Outcome::direct);
  EXPECT_EQ(direct.difference.low, newcombe_paired({760, 0, 20, 180}).low);
  EXPECT_EQ(direct.first.interval, wilson_interval(780, 960));
  EXPECT_THAT(comparison_text(comparison, before, after), HasSubstr("\nAll trials: direct 81.2 % → 79.2 % ("));
  for (auto& cell : plan.cells) cell.draw = cell.index % 4;  // a population on the client's side
  know_draws(before, plan);
  know_draws(after, plan);
  EXPECT_EQ(together(compare(before, after)).strata, 4U);
}

TEST_F(CompareTest, PoliciesOfOneRun) {  // case 5
  const auto plan = synthetic_plan(SyntheticShape::access);
  const auto run = read(make(plan, 30));
  const auto comparison = compare_policies(run);
  ASSERT_THAT(comparison.policies, SizeIs(1));
  EXPECT_EQ(comparison.policies[0].first, "relay-first");
  EXPECT_EQ(comparison.policies[0].second, "ice");
  EXPECT_THAT(comparison.policies[0].cells, SizeIs(20));
  EXPECT_THAT(comparison.policies[0].pooled, SizeIs(5));
  EXPECT_THAT(compare_policies(read(make(classic(), 5))).policies, IsEmpty());
}

TEST_F(CompareTest, PoliciesOfTwoRuns) {
  auto other = classic();
  for (auto& cell : other.cells) cell.policy.name = "ice";
  const auto comparison = compare(read(make(classic(), 10)), read(make(other, 10)));
  ASSERT_THAT(comparison.policies, SizeIs(1));
  EXPECT_EQ(comparison.policies[0].second, "ice");
  EXPECT_THAT(comparison.policies[0].cells, SizeIs(16));
  EXPECT_THAT(comparison.only_first, IsEmpty());
}

TEST_F(CompareTest, CellsWithoutPartner) {  // case 6
  auto fewer = classic();
  fewer.cells.erase(fewer.cells.begin() + 1);
  const auto comparison = compare(read(make(classic(), 5)), read(make(fewer, 5)));
  EXPECT_THAT(comparison.only_first, testing::ElementsAre("full-cone,restricted-cone (relay-first)"));
  EXPECT_THAT(comparison.only_second, IsEmpty());
  const auto strangers = compare(read(make(classic(), 5)), read(make(synthetic_plan(SyntheticShape::rfc4787), 5)));
  EXPECT_THAT(strangers.policies, IsEmpty());
}

TEST_F(CompareTest, PairsNeedBothTrials) {  // case 7
  const auto comparison = compare(read(make(classic(), 30)), read(make(classic(), 12)));
  for (const auto& cell : comparison.policies[0].cells) {
    EXPECT_EQ(cell.contrasts.pairs, 12U);
    EXPECT_EQ(cell.contrasts.rates[0].first.trials, 12U);
  }
}

TEST_F(CompareTest, ManyCellsDoNotDifferByChance) {  // case 8
  const auto flip = [](std::uint64_t salt) {
    return [salt](TrialRecord& record) {
      SeededRng rng({.seed = salt, .cell = record.cell, .trial = record.trial, .purpose = purpose_of("flip")});
      record.outcome = rng.chance(0.5) ? Outcome::direct : Outcome::relayed;
    };
  };
  const auto plan = synthetic_plan(SyntheticShape::rfc4787);
  const auto comparison = compare(read(make(plan, 200, flip(1))), read(make(plan, 200, flip(2))));
  const auto& cells = comparison.policies[0].cells;
  EXPECT_TRUE(std::none_of(cells.begin(), cells.end(),
                           [](const auto& cell) { return cell.contrasts.rate(Outcome::direct).differs(); }));
  EXPECT_TRUE(std::any_of(cells.begin(), cells.end(),
                          [](const auto& cell) { return cell.contrasts.rate(Outcome::direct).probability < 0.05; }));
}

TEST_F(CompareTest, RefusesWhatIsNoRun) {  // case 9
  const auto refused = [](const std::filesystem::path& folder, const char* words) {
    const auto run = read_run(folder);
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().exit_status(), 2);
    EXPECT_THAT(run.error().text, HasSubstr(words));
  };
  refused(temporary / "nowhere", "holds no run");
  const auto folder = make(classic(), 5);
  std::filesystem::resize_file(folder / "trials.sqlite", 6000);
  refused(folder, "trials.sqlite");
  const auto changed = make(classic(), 5);
  {
    auto database = Database::open(changed / "trials.sqlite", Database::Mode::write);
    ASSERT_FALSE((*database)->execute("UPDATE trials SET outcome = 'failed' WHERE cell = 0"));
  }
  refused(changed, "SHA-256");
  refused(make(classic(), 0), "no finished trial");
}

TEST_F(CompareTest, Json) {  // case 10
  const auto never = [](TrialRecord& record) {
    if (record.cell == 0) record.time_to_direct.reset();
  };
  const auto before = read(make(classic(), 60));
  const auto after = read(make(classic(), 60, never));
  const auto json = nlohmann::json::parse(to_json(compare(before, after), before, after, "punchlab compare a b"));
  EXPECT_EQ(json["cells"].size(), 16U);
  EXPECT_EQ(json["pooled"].size(), 1U);
  const auto& time = json["cells"][0]["time_to_direct_ms"];
  EXPECT_TRUE(time["difference"].is_null());
  EXPECT_TRUE(time["second_median"].is_null());
  EXPECT_TRUE(time["differs"]);
  EXPECT_EQ(json["cells"][0]["direct"]["first"]["trials"], 60);
  EXPECT_THAT(comparison_text(compare(before, after), before, after), HasSubstr("→ ∞, +∞"));
}

TEST_F(CompareTest, TextFitsTheTerminal) {
  for (const auto shape : {SyntheticShape::classic, SyntheticShape::rfc4787}) {
    const auto run = read(make(synthetic_plan(shape), 20));
    const auto text = comparison_text(compare(run, run), run, run, {.width = 100, .colour = false});
    EXPECT_THAT(text, Not(HasSubstr("\033")));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(line.starts_with("│") ? display_width(line) : 0U, 100U);
  }
}

}  // namespace
}  // namespace punchlab::results
