// A check against a baseline, on invented records:
//  1. A baseline survives being written and read, with infinities, names that need quotes, and reasons.
//  2. Broken baselines: a line, what is wrong, status 2; never an exception.
//  3. Unchanged worlds of another seed: no regression, decided before all trials have run.
//  4. Each measure's regression is found in its cell and no other, with its size and cause: failed, relayed, a later
//  first
//     byte, slower, longer way. Its counter-case, the same change for the better, is none.
//  5. Slower by less than the slack is none; a change of latencies that moves the least possible with it is none
//  either.
//  6. What follows from a lost path is not told twice: a relayed trial's times raise no alarm of their own, a failed
//     one's first byte does not either; a relayed trial's first byte does.
//  7. Cells that the baseline lacks are named and not run; a plan without any is told apart.
//  8. The looks: no cell is asked for more once it is settled, unless an expectation pools cells; sizes double.
//  9. Text, Markdown and JUnit name the same regressions, survive markup in names, and JUnit has the
//     order and attributes of Ant and Jenkins (cli_check_test.py validates it). What became worse comes first.
// 10. No cell of another seed stays undecided; one that does says what is not ruled out and how many trials would tell,
// and
//     so many do tell.
// 11. Of a population, rare cells get as many trials as the mean one, and all cells together only what was drawn.
#include "results/check/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "results/check/check_report.hpp"
#include "results/report/synthetic.hpp"

namespace punchlab::results {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Change = std::function<void(TrialRecord&)>;

trial::Plan classic(std::uint64_t seed = 1) {
  auto plan = synthetic_plan(SyntheticShape::classic);
  plan.seed = seed;
  return plan;
}

Baseline baseline_of(const trial::Plan& plan) {
  BaselineMaker maker(plan, "memory", 200);
  for (std::size_t i = 0; i < plan.cells.size(); ++i)
    for (std::uint64_t k = 0; k < maker.wanted(i); ++k) maker.add(synthetic_record(plan, plan.cells[i], k));
  return maker.finish();
}

/// The plan with so many trials per cell.
trial::Plan with_trials(trial::Plan plan, std::uint64_t trials) {
  for (auto& cell : plan.cells) cell.trials = trials;
  return plan;
}

/// Runs a check to its end, over the records of `plan` as `change` leaves them.
Check checked(const Baseline& baseline, const trial::Plan& plan, const Change& change = {}) {
  Check check(baseline, plan);
  std::vector<std::uint64_t> done(plan.cells.size());
  do {
    for (std::size_t i = 0; i < plan.cells.size(); ++i) {
      for (const auto wanted = check.wanted(i); done[i] < wanted; ++done[i]) {
        auto record = synthetic_record(plan, plan.cells[i], done[i]);
        if (change) change(record);
        check.add(record);
      }
    }
  } while (check.look());
  return check;
}

std::vector<std::string> worse(const Check& check) {
  std::vector<std::string> cells;
  for (const auto& cell : check.verdicts())
    for (const auto* answer : regressions_of(cell))
      cells.push_back(describe(cell.baseline.key) + ": " + std::string(name_of(answer->measure)));
  return cells;
}

/// The change in cell 0 only, full-cone to full-cone, which is direct.
Change in_first(Change change) {
  return [change = std::move(change)](TrialRecord& record) {
    if (record.cell == 0) change(record);
  };
}

TEST(BaselineFile, SurvivesWritingAndReading) {  // case 1
  auto plan = classic();
  plan.cells[3].client.nat_name = "it's {odd}: #1";
  const auto baseline = baseline_of(plan);
  const auto text = to_text(baseline, "punchlab check x --update-baseline");
  const auto again = parse_baseline(text, "b.yaml");
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(*again, baseline);
  EXPECT_EQ(to_text(*again, "punchlab check x --update-baseline"), text);
  EXPECT_THAT(text, HasSubstr("time-to-direct: [.inf, .inf]"));
  EXPECT_THAT(text, HasSubstr("reasons: {mapping-varies: 200}"));
}

TEST(BaselineFile, BrokenOnesAreRefused) {  // case 2
  const auto good = to_text(baseline_of(classic()), "punchlab");
  const auto refused = [](const std::string& text, const char* words) {
    const auto baseline = parse_baseline(text, "b.yaml");
    ASSERT_FALSE(baseline) << words;
    EXPECT_EQ(baseline.error().exit_status(), 2);
    EXPECT_THAT(baseline.error().text, HasSubstr(words));
    EXPECT_THAT(baseline.error().text, Not(HasSubstr("\n")));
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  refused("", "no baseline");
  refused("name: classic-nats\n", "no baseline");
  refused("[1, 2", "b.yaml:");
  refused(with("punchlab-baseline: 2", "punchlab-baseline: 9"), "another version");
  refused(with("trials: 200\ncells", "trials: none\ncells"), "'trials' cannot be read");
  refused(with("direct: 200", "direct: 100"), "b.yaml:9: direct, relayed and failed");
  refused(with("direct: 200", "direct: -1"), "'direct' cannot be read");
  refused(with("time-to-direct: [", "time-to-direct: [7, "), "needs two numbers");
  refused(with("first-byte: [", "first-byte: [soon"), "is no number");
  refused(with("first-byte: [", "first-byte: [1, "), "'first-byte' needs two numbers");
  refused(good.substr(0, good.find("pooled:")), "'pooled' is missing");
}

TEST(Check, UnchangedCodeIsFine) {  // case 3
  const auto baseline = baseline_of(classic());
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    const auto check = checked(baseline, classic(seed));
    EXPECT_THAT(worse(check), IsEmpty()) << "seed " << seed;
    for (const auto& cell : check.verdicts()) EXPECT_FALSE(cell.improved()) << describe(cell.baseline.key);
  }
  EXPECT_THAT(worse(checked(baseline, classic())), IsEmpty());
}

TEST(Check, FindsEachRegression) {  // case 4
  const auto baseline = baseline_of(classic());
  const auto found = [&](const Change& change) { return worse(checked(baseline, classic(2), in_first(change))); };
  const std::string cell = "full-cone,full-cone (relay-first): ";
  EXPECT_THAT(found([](TrialRecord& r) {
                if (r.trial % 3 != 0) return;
                r.outcome = Outcome::failed;
                r.time_to_direct.reset();
              }),
              testing::Contains(cell + "success"));
  EXPECT_THAT(found([](TrialRecord& r) {
                if (r.trial % 3 != 0) return;
                r.outcome = Outcome::relayed;
                r.time_to_direct.reset();
                r.reason = "mapping-varies";
              }),
              testing::Contains(cell + "relay share"));
  EXPECT_THAT(found([](TrialRecord& r) { *r.time_to_first_byte += 20ms; }), ElementsAre(cell + "time to first byte"));
  EXPECT_THAT(found([](TrialRecord& r) { *r.time_to_first_byte -= 20ms; }), IsEmpty());
  EXPECT_THAT(found([](TrialRecord& r) { *r.time_to_direct += 20ms; }), testing::Contains(cell + "time to direct"));
  EXPECT_THAT(found([](TrialRecord& r) { *r.added_latency += 20ms; }), testing::Contains(cell + "added latency"));
  EXPECT_THAT(found([](TrialRecord& r) { *r.time_to_direct -= 1ms; }), IsEmpty());
  const auto faster = checked(baseline, classic(2), in_first([](TrialRecord& r) { *r.time_to_direct -= 20ms; }));
  EXPECT_THAT(worse(faster), IsEmpty());
  EXPECT_TRUE(faster.verdicts()[0].improved());
}

TEST(Check, NamesSizeAndCause) {
  const auto check = checked(baseline_of(classic()), classic(2), in_first([](TrialRecord& r) {
                               if (r.trial % 2 != 0) return;
                               r.outcome = Outcome::relayed;
                               r.time_to_direct.reset();
                               r.reason = "mapping-varies";
                             }));
  const auto cell = check.verdicts()[0];
  const auto regressions = regressions_of(cell);
  ASSERT_THAT(regressions, SizeIs(1));
  EXPECT_THAT(size_text(*regressions[0], cell), HasSubstr("relayed 0 % of 200 → 57.1 % of 7"));
  EXPECT_EQ(cause(*regressions[0], cell.baseline, cell.now), "mapping-varies in 4 of 7 trials (was 0 of 200)");
  EXPECT_EQ(cell.example, 0U);
  const auto lacks =
      checked(baseline_of(classic()), classic(2), in_first([](TrialRecord& r) { r.added_latency = {}; }));
  const auto first = lacks.verdicts()[0];
  ASSERT_THAT(regressions_of(first), SizeIs(1));
  EXPECT_THAT(size_text(*regressions_of(first)[0], first), HasSubstr(" ms → none; beyond "))
      << "it is no path that comes";
}

CheckReport report_of(const Check& check) {
  CheckReport report;
  report.scenario = "a<b";
  report.path = "s.yaml";
  report.backend = "memory";
  report.baseline = "b.yaml";
  report.command = "punchlab check s.yaml --baseline 'a & b'";
  report.start = "2024-05-01T12:34:56Z";
  report.trials = check.trials();
  report.cells = check.verdicts();
  return report;
}

TEST(Check, PutsFirstWhatBecameWorse) {  // case 9: later over the least, yet earlier in all, as links became shorter
  const auto check = checked(baseline_of(classic()), classic(2), in_first([](TrialRecord& r) {
                               *r.time_to_direct -= 20ms;
                               *r.least_time_to_direct -= 40ms;
                             }));
  const auto cell = check.verdicts()[0];
  const auto regressions = regressions_of(cell);
  ASSERT_THAT(regressions, SizeIs(1));
  const auto text = size_text(*regressions[0], cell);
  EXPECT_THAT(text, testing::MatchesRegex("time to direct over the least possible: [a-z0-9 %]+ [0-9.]+ ms → [0-9.]+ ms "
                                          "\\(\\+[0-9.]+ ms\\); beyond .*"));
  EXPECT_LT(*cell.now.time_to_direct.p50, *cell.baseline.time_to_direct.p50);
  EXPECT_THAT(text, HasSubstr("; the whole time to direct, with what its links take: median "));
  auto report = report_of(check);
  EXPECT_THAT(to_junit(report), HasSubstr("<failure type=\"time to direct\" message=\"time to direct over the least"));
}

TEST(Check, AllowsSlackAndLongerLinks) {  // case 5
  const auto baseline = baseline_of(classic());
  const auto nearly = [](TrialRecord& r) {
    if (r.time_to_direct) *r.time_to_direct += 500us;
  };
  EXPECT_THAT(worse(checked(baseline, classic(), nearly)), IsEmpty());
  const auto farther = [](TrialRecord& r) {
    if (!r.time_to_direct) return;
    *r.time_to_direct += 30ms;
    *r.least_time_to_direct += 30ms;
  };
  EXPECT_THAT(worse(checked(baseline, classic(2), farther)), IsEmpty());
}

TEST(Check, TellsALostPathOnce) {  // case 6
  const auto check = checked(baseline_of(classic()), classic(2), in_first([](TrialRecord& r) {
                               r.outcome = Outcome::relayed;
                               r.time_to_direct.reset();
                               *r.added_latency += 40ms;
                             }));
  EXPECT_THAT(worse(check), ElementsAre("full-cone,full-cone (relay-first): relay share", testing::_));
  const auto ended = [](Outcome outcome) {
    return worse(checked(baseline_of(classic()), classic(2), in_first([outcome](TrialRecord& r) {
                           r.outcome = outcome;
                           r.time_to_direct.reset();
                           if (outcome == Outcome::failed) r.time_to_first_byte.reset();
                           if (r.time_to_first_byte) *r.time_to_first_byte += 100ms;
                         })));
  };
  const std::string first_byte = "full-cone,full-cone (relay-first): time to first byte";
  EXPECT_THAT(ended(Outcome::failed), Not(testing::Contains(first_byte)));
  EXPECT_THAT(ended(Outcome::relayed), testing::Contains(first_byte));
}

TEST(Check, KnowsCellsByName) {  // case 7
  auto baseline = baseline_of(classic());
  baseline.cells.erase(baseline.cells.begin());
  const auto check = checked(baseline, classic(2), in_first([](TrialRecord& r) { r.outcome = Outcome::failed; }));
  EXPECT_EQ(check.matched(), 15U);
  EXPECT_EQ(check.wanted(0), 0U);
  EXPECT_THAT(check.only_plan(), ElementsAre("full-cone,full-cone (relay-first)"));
  EXPECT_THAT(worse(check), IsEmpty());
  EXPECT_EQ(Check(baseline, synthetic_plan(SyntheticShape::rfc4787)).matched(), 0U);
}

TEST(Check, StopsWhenItKnows) {  // case 8
  const auto plan = classic(2);
  Check check(baseline_of(classic()), plan);
  EXPECT_EQ(check.wanted(0), 7U);
  for (const auto& cell : plan.cells)
    for (std::uint64_t k = 0; k < 7; ++k) {
      auto record = synthetic_record(plan, cell, k);
      record.outcome = Outcome::failed;
      check.add(record);
    }
  EXPECT_FALSE(check.look());
  EXPECT_EQ(check.trials(), 112U);
  EXPECT_THAT(worse(check), SizeIs(17));  // all cells, and all together
  EXPECT_LT(checked(baseline_of(classic()), plan).trials(), 3200U);
}

TEST(Check, KeepsSharesWhereCellsArePooled) {  // case 8
  auto plan = classic(2);
  const auto failing = in_first([](TrialRecord& r) { r.outcome = Outcome::failed; });
  EXPECT_NE(checked(baseline_of(classic()), plan, failing).trials() % 16, 0U) << "the failing cell stops first";
  plan.expectations.push_back({.cells = {0, 1}, .pooled = true, .text = "pooled"});
  const auto trials = checked(baseline_of(classic()), plan, failing).trials();
  EXPECT_EQ(trials % 16, 0U) << "every cell has run as many";
}

TEST(CheckReport, SaysTheSameInEveryFormat) {  // case 9
  const auto slower = in_first([](TrialRecord& r) { *r.time_to_direct += 20ms; });
  auto report = report_of(checked(baseline_of(classic()), classic(2), slower));
  report.cells[0].baseline.key.client = "|<x>&\"";
  EXPECT_FALSE(report.passed());
  const auto text = check_text(report), markdown = to_markdown(report), junit = to_junit(report);
  for (const auto& format : {text, markdown, junit}) {
    EXPECT_THAT(format, HasSubstr("time to direct over the least possible: median"));
    EXPECT_THAT(format, HasSubstr("packets until direct"));
  }
  EXPECT_THAT(markdown, HasSubstr("### ❌"));
  EXPECT_THAT(markdown, HasSubstr("\\|&lt;x>"));
  EXPECT_THAT(junit, HasSubstr("name=\"|&lt;x&gt;&amp;&quot;,full-cone\""));
  EXPECT_THAT(junit, HasSubstr("timestamp=\"2024-05-01T12:34:56\""));
  EXPECT_THAT(junit, Not(HasSubstr("a<b")));
  const auto fine = report_of(checked(baseline_of(classic()), classic(2)));
  EXPECT_TRUE(fine.passed());
  EXPECT_THAT(check_text(fine), HasSubstr("no regression in 16 cells"));
  EXPECT_THAT(to_junit(fine), Not(HasSubstr("<failure")));
}

std::size_t undecided(const Check& check) {
  const auto verdicts = check.verdicts();
  return static_cast<std::size_t>(
      std::count_if(verdicts.begin(), verdicts.end(), [](const auto& cell) { return cell.undecided(); }));
}

TEST(Check, DecidesEveryCell) {  // case 10
  const auto baseline = baseline_of(classic());
  for (std::uint64_t seed = 2; seed < 12; ++seed)
    EXPECT_EQ(undecided(checked(baseline, with_trials(classic(seed), 800))), 0U) << "seed " << seed;
}

bool decided(const CellVerdict& cell, Measure measure) {
  return std::all_of(cell.answers.begin(), cell.answers.end(), [&](const Answer& answer) {
    return answer.measure != measure || answer.decision == Decision::fine;
  });
}

TEST(Check, SaysHowManyTrialsWouldTell) {  // case 10
  const auto baseline = baseline_of(classic());
  const auto few = checked(baseline, with_trials(classic(2), 40));
  EXPECT_EQ(undecided(few), 16U);  // all together have enough
  EXPECT_FALSE(decided(few.verdicts()[0], Measure::success));
  auto report = report_of(few);
  report.most = 40;
  report.baseline_trials = 200;
  EXPECT_THAT(check_text(report),
              HasSubstr("undecided: full-cone,full-cone (relay-first): success: 11.9 points more are "
                        "not ruled out, 6.0 matter; --trials 160 would tell\n"));
  EXPECT_THAT(summary_line(report), HasSubstr("no regression, 16 undecided in 16 cells"));
  EXPECT_THAT(to_markdown(report), HasSubstr("- undecided: full-cone,full-cone"));
  EXPECT_THAT(to_junit(report), HasSubstr("<system-out>undecided: full-cone,full-cone"));
  EXPECT_TRUE(decided(checked(baseline, with_trials(classic(2), 160)).verdicts()[0], Measure::success));
}

TEST(Check, RareCellsOfPopulationsGetEnough) {  // case 11
  auto plan = classic();
  for (std::size_t i = 0; i < plan.cells.size(); ++i) plan.cells[i].trials = i == 0 ? 3 : i == 1 ? 0 : 400;
  const auto baseline = baseline_of(plan);
  EXPECT_EQ(baseline.cells[0].trials, 350U);
  EXPECT_EQ(baseline.cells[1].trials, 350U);
  EXPECT_EQ(baseline.pooled[0].trials, 3U + 14 * 400);
  const auto check = checked(baseline, plan, in_first([](TrialRecord& r) {
                               r.outcome = Outcome::failed;
                               r.time_to_direct.reset();
                               r.time_to_first_byte.reset();
                             }));
  const auto verdicts = check.verdicts();
  EXPECT_TRUE(verdicts[0].worse());
  EXPECT_LT(*verdicts[0].example, 3U) << "a trial that `run` has too";
  EXPECT_GE(verdicts[1].now.trials, 87U);
  EXPECT_EQ(undecided(check), 0U);
  EXPECT_LE(verdicts.back().now.failed, 3U);
  EXPECT_FALSE(verdicts.back().worse());
}

TEST(Check, HandsOnWhatWasDrawn) {  // case 11
  auto plan = classic(2);
  for (std::size_t i = 0; i < plan.cells.size(); ++i) plan.cells[i].trials = i == 0 ? 40 : 400;
  plan.expectations.push_back({.cells = {0, 1}, .pooled = true, .text = "pooled"});
  std::map<std::uint32_t, std::uint64_t> drawn;
  Check check(baseline_of(classic()), plan, [&](const TrialRecord& record) { ++drawn[record.cell]; });
  std::vector<std::uint64_t> done(plan.cells.size());
  do {
    for (std::size_t i = 0; i < plan.cells.size(); ++i)
      for (const auto wanted = check.wanted(i); done[i] < wanted; ++done[i])
        check.add(synthetic_record(plan, plan.cells[i], done[i]));
    EXPECT_EQ(drawn[0], (drawn[1] + 9) / 10) << "each cell has its share at every look";
    EXPECT_GT(done[0], drawn[0]);
  } while (check.look());
}

}  // namespace
}  // namespace punchlab::results
