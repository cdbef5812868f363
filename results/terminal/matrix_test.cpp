// The matrix in the terminal:
//  1. A 4x4 shows every value of a cell, at most 110 columns wide.
//  2. A 9x9 fits 100 columns in its compact form, in one block.
//  3. A narrow terminal gets blocks of connectors; every line has the same width.
//  4. Pairs that were not run are dots; failed trials get a line of their own.
//  5. No escape sequence unless colours are asked for.
//  6. Percentages never round to 0 or 100 what is not.
//  7. Expectations name the line, and what was measured when missed.
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
  EXPECT_THAT(text, HasSubstr("All cells: direct 81.2 % (79.9–82.6 %)"));
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
  EXPECT_EQ(median_ms(Sample({1}, 2)), "∞");
  EXPECT_EQ(median_ms(Sample({}, 2)), "never");
}

TEST(ExpectationsText, NamesTheLineAndTheValue) {
  const std::string text = expectations_text(
      {{Verdict::met, "failed: 0 %", "x", 20, 0, 4}, {Verdict::missed, "direct: 0 %", "a to b: 3 %", 21, 1, 4}});
  EXPECT_THAT(text, HasSubstr("✓ met     line 20: failed: 0 %\n"));
  EXPECT_THAT(text, HasSubstr("✗ missed  line 21: direct: 0 %\n"));
  EXPECT_THAT(text, HasSubstr("1 of 4 outside; a to b: 3 %"));
}

}  // namespace
}  // namespace punchlab::results
