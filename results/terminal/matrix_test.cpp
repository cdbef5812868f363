// The matrix in the terminal:
//  1. A 4x4 shows every value of a cell, at most 110 columns wide.
//  2. A 9x9 fits 100 columns in its compact form, in one block.
//  3. A narrow terminal gets blocks of connectors; every line has the same width.
//  4. Pairs that were not run are dots; failed trials get a line of their own.
//  5. No escape sequence unless colours are asked for.
//  6. Percentages and their intervals never round to 0 or 100 what is not; times are milliseconds, however long.
//  7. Expectations name the line, and what was measured when missed, or when pooled.
//  8. Pairs that a scenario lists give the mean of their rates and the range of their medians; draws from a population
//  the
//     rate and the median of all trials.
//  9. A path that does not come is never; an added latency without a value is a dash, and a line says what that is.
#include "results/terminal/matrix.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "results/report/synthetic.hpp"
#include "results/terminal/numbers.hpp"
#include "results/terminal/text_table.hpp"

namespace punchlab::results {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string matrix_of(SyntheticShape shape, const MatrixOptions& options) {
  const trial::Plan plan = synthetic_plan(shape);
  Summarizer summarizer(plan, "memory");
  for (const auto& cell : plan.cells) {
    for (std::uint64_t k = 0; k < cell.trials; ++k) summarizer.add(synthetic_record(plan, cell, k));
  }
  return matrix_text(plan, summarizer.finish(), options);
}

std::size_t widest(const std::string& text) {
  std::istringstream lines(text);
  std::size_t width = 0;
  for (std::string line; std::getline(lines, line);) width = std::max(width, display_width(line));
  return width;
}

std::size_t count(const std::string& text, std::string_view piece) {
  std::size_t n = 0;
  for (auto at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++n;
  return n;
}

TEST(Matrix, ShowsAFourByFourInFull) {
  const std::string text = matrix_of(SyntheticShape::classic, {});
  EXPECT_LE(widest(text), 110U);
  EXPECT_EQ(count(text, "┌"), 1U);
  EXPECT_EQ(count(text, "98.1–100 %"), 13U);
  EXPECT_EQ(count(text, "│ time to direct │"), 4U);
  EXPECT_THAT(text, HasSubstr("never"));
  EXPECT_THAT(text, HasSubstr("3,200 trials on memory, seed 1"));
  EXPECT_THAT(text, HasSubstr("Mean of 16 cells: direct 81.2 % (80.8–81.5 %)"));
}

TEST(Matrix, ShowsANineByNineCompactly) {
  const std::string text = matrix_of(SyntheticShape::rfc4787, {.width = 100});
  EXPECT_LE(widest(text), 100U);
  EXPECT_EQ(count(text, "┌"), 1U);
  EXPECT_THAT(text, HasSubstr("98–100"));
}

TEST(Matrix, BreaksForANarrowTerminal) {
  const std::string text = matrix_of(SyntheticShape::rfc4787, {.width = 60});
  EXPECT_GT(count(text, "┌"), 1U);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("│") || line.starts_with("├")) {
      EXPECT_LE(display_width(line), 60U) << line;
    }
  }
}

TEST(Matrix, ShowsMissingPairsAndFailures) {
  const std::string text = matrix_of(SyntheticShape::population, {.width = 120});
  EXPECT_THAT(text, HasSubstr("·"));
  EXPECT_EQ(count(text, "│ failed "), 5U);
  EXPECT_THAT(matrix_of(SyntheticShape::classic, {}), Not(HasSubstr("│ failed ")));
}

TEST(Matrix, IsPlainUnlessAskedForColours) {
  EXPECT_THAT(matrix_of(SyntheticShape::classic, {}), Not(HasSubstr("\033")));
  EXPECT_THAT(matrix_of(SyntheticShape::classic, {.colour = true}), HasSubstr("\033[1;32m"));
}

TEST(Numbers, NeverPretendToBeExact) {
  EXPECT_EQ(percent(1), "100 %");
  EXPECT_EQ(percent(0), "0 %");
  EXPECT_EQ(percent(0.99999), ">99.9 %");
  EXPECT_EQ(percent(0.00001), "<0.1 %");
  EXPECT_EQ(percent(0.975), "97.5 %");
  EXPECT_EQ(short_range({0.9812, 1}), "98–100");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(median_ms(Sample({1'500'000}, 0)), "1.5 ms");
  EXPECT_EQ(median_ms(Sample({1'885'000'000}, 0)), "1,885.0 ms");
  EXPECT_EQ(median_ms(Sample({-9'100'000}, 0)), "−9.1 ms");
  EXPECT_EQ(median_ms(Sample({-1}, 0)), "0.0 ms");
  EXPECT_EQ(ms_range(265'000'000, 1'290'000'000), "265.0–1,290.0 ms");
  EXPECT_EQ(ms_range(265'000'000, 265'000'001), "265.0 ms");
  EXPECT_EQ(percent_range({0.9812, 1}), "98.1–100 %");
  EXPECT_EQ(percent_range({0.99996, 1}), "99.996–100 %");
  EXPECT_EQ(percent_range({0, 0.00004}), "0–0.004 %");
  EXPECT_EQ(median_ms(Sample({1}, 2)), "∞");
  EXPECT_EQ(median_ms(Sample({}, 2)), "never");
}

/// One link, two pairs: one always direct after `ms`, the other never.
std::string two_pairs(std::vector<std::int64_t> ms, std::optional<std::uint32_t> draw) {
  trial::Plan plan;
  plan.cells.resize(2);
  for (std::uint32_t i = 0; i < 2; ++i) {
    plan.cells[i].index = i;
    plan.cells[i].connector.nat_name = i == 0 ? "port-restricted-cone" : "symmetric";
    plan.cells[i].draw = draw;
  }
  Summarizer summarizer(plan, "memory");
  for (std::uint64_t k = 0; k < ms.size(); ++k) {
    TrialRecord record;
    record.trial = k;
    record.outcome = Outcome::direct;
    record.time_to_direct = std::chrono::milliseconds{ms[k]};
    record.added_latency = Duration{0};
    summarizer.add(record);
    record.cell = 1;
    record.outcome = Outcome::relayed;
    record.time_to_direct = std::nullopt;
    summarizer.add(record);
  }
  return matrix_text(plan, summarizer.finish());
}

TEST(Matrix, DoesNotMixPairsThatTheScenarioLists) {
  const std::string listed = two_pairs({265, 265, 265, 770}, std::nullopt);
  EXPECT_THAT(listed, HasSubstr("Mean of 2 cells: direct 50.0 % (25.5–74.5 %)"));
  EXPECT_THAT(listed, HasSubstr("medians of the cells: time to direct 265.0 ms in 1 of 2 cells"));
  EXPECT_THAT(listed, Not(HasSubstr("770")));
  const std::string drawn = two_pairs({265, 265, 265, 770}, 0);
  EXPECT_THAT(drawn, HasSubstr("All trials: direct 50.0 % (21.5–78.5 %)"));
  EXPECT_THAT(drawn, HasSubstr("medians over all trials: time to direct 770.0 ms"));
}

TEST(Matrix, TellsNeverFromNoValue) {
  trial::Plan plan;
  plan.cells.resize(2);
  plan.cells[1].index = 1;
  plan.cells[1].connector.nat_name = "symmetric";
  const auto text_of = [&](std::optional<Duration> added) {
    Summarizer summarizer(plan, "memory");
    TrialRecord record;
    record.outcome = Outcome::relayed;
    summarizer.add(record);
    record.cell = 1;
    record.added_latency = added;
    summarizer.add(record);
    return matrix_text(plan, summarizer.finish());
  };
  const auto nothing = text_of({});
  EXPECT_EQ(count(nothing, "never │"), 2U) << "a direct path did not come";
  EXPECT_EQ(count(nothing, "– │"), 2U) << nothing;
  EXPECT_THAT(nothing, HasSubstr("time to direct never in every cell,\n  added latency – in every cell\n"));
  EXPECT_THAT(nothing,
              HasSubstr("  added latency –: no trial connected, or nothing tells what its direct route takes\n"));
  const auto one = text_of(std::chrono::milliseconds{8});
  EXPECT_THAT(one, HasSubstr("added latency 8.0 ms in 1 of 2 cells\n  added latency –: no trial"));
  EXPECT_THAT(matrix_of(SyntheticShape::classic, {}), Not(HasSubstr("–:"))) << "every cell has a value";
}

TEST(ExpectationsText, NamesTheLineAndTheValue) {
  const std::string text = expectations_text(
      {{Verdict::met, "failed: 0 %", "x", 20, 0, 4}, {Verdict::missed, "direct: 0 %", "a to b: 3 %", 21, 1, 4}});
  EXPECT_THAT(text, HasSubstr("✓ met     line 20: failed: 0 %\n"));
  EXPECT_THAT(text, HasSubstr("✗ missed  line 21: direct: 0 %\n"));
  EXPECT_THAT(text, HasSubstr("1 of 4 outside; a to b: 3 %"));
  ExpectationResult pooled{Verdict::met, "direct: 86 %", "5 cells together: 85.99 % direct", 22, 0, 1};
  EXPECT_THAT(expectations_text({pooled}), Not(HasSubstr("85.99 %")));
  pooled.pooled = true;
  EXPECT_THAT(expectations_text({pooled}),
              HasSubstr("line 22: direct: 86 %\n            5 cells together: 85.99 % direct\n"));
}

}  // namespace
}  // namespace punchlab::results
