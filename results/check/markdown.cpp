// The summary of a check as it reads in a pull request.
#include <fmt/format.h>

#include "results/check/check_report.hpp"
#include "results/terminal/numbers.hpp"

namespace punchlab::results {
namespace {

/// Text inside a table: a bar would end the field, and names are no markup.
std::string field(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '`' || c == '\\') out += '\\';
    if (c == '<') {
      out += "&lt;";
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out;
}

std::string regressions_table(const CheckReport& report) {
  std::string text = "| cell | what became worse | why |\n|---|---|---|\n";
  for (const CellVerdict& cell : report.cells) {
    for (const Answer* answer : regressions_of(cell)) {
      text += fmt::format("| {} | {} | {} |\n", field(describe(cell.baseline.key)), field(size_text(*answer, cell)),
                          field(cause(*answer, cell.baseline, cell.now)));
    }
  }
  return text + "\n";
}

std::string doubts(const CheckReport& report) {
  std::string text;
  for (const CellVerdict& cell : report.cells)
    for (const auto& doubt : doubts_of(report, cell)) text += "- undecided: " + field(doubt) + "\n";
  return text.empty() ? text : text + "\n";
}

std::string commands(const CheckReport& report) {
  std::string text;
  for (const CellVerdict& cell : report.cells) {
    const auto again = again_text(report, cell);
    if (cell.worse() && !again.empty()) text += again + "\n";
  }
  return text.empty() ? text : "Trials that show it:\n\n```\n" + text + "```\n\n";
}

std::string ms(const Marks& marks) {
  return marks.p50 ? fmt::format("{:.1f}", static_cast<double>(*marks.p50) / 1e6) : "∞";
}

const char* verdict(const CellVerdict& cell) {
  return cell.worse() ? "**worse**" : cell.undecided() ? "undecided" : cell.improved() ? "better" : "as before";
}

std::string cell_row(const CellVerdict& cell) {
  const Figures& was = cell.baseline;
  const Figures& is = cell.now;
  const auto share = [](std::uint64_t count, std::uint64_t trials) {
    return percent_number(Proportion{count, trials}.value());
  };
  return fmt::format("| {} | {} | {} → {} | {} → {} | {} → {} | {} → {} | {} → {} | {} |\n", field(describe(was.key)),
                     verdict(cell), share(was.direct, was.trials), share(is.direct, is.trials),
                     share(was.failed, was.trials), share(is.failed, is.trials), ms(was.first_byte), ms(is.first_byte),
                     ms(was.time_to_direct), ms(is.time_to_direct), ms(was.added_latency), ms(is.added_latency),
                     is.trials);
}

std::string all_cells(const CheckReport& report) {
  std::string text =
      "<details><summary>All cells</summary>\n\n| cell | verdict | direct, % | failed, % | first byte, ms | time to "
      "direct, ms | added "
      "latency, ms | trials |\n|---|---|---|---|---|---|---|---|\n";
  for (const CellVerdict& cell : report.cells) text += cell_row(cell);
  return text + "\n</details>\n\n";
}

std::string expectations(const CheckReport& report) {
  std::string text;
  for (const auto& missed : report.missed)
    text +=
        fmt::format("- expectation missed, line {}: {}: {}\n", missed.line, field(missed.text), field(missed.measured));
  return text.empty() ? text : text + "\n";
}

}  // namespace

std::string to_markdown(const CheckReport& report) {
  return fmt::format("### {} {}\n\n", report.passed() ? "✅" : "❌", field(summary_line(report))) +
         (report.regressions() > 0 ? regressions_table(report) : "") + expectations(report) + commands(report) +
         doubts(report) + all_cells(report) +
         fmt::format("Baseline `{}`. Again: `{}`\n", report.baseline, report.command);
}

}  // namespace punchlab::results
