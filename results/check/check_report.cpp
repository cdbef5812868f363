#include "results/check/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "results/terminal/numbers.hpp"

namespace punchlab::results {
namespace {

std::string of(std::uint64_t count, std::uint64_t trials) {
  return fmt::format("{} of {}", percent(Proportion{count, trials}.value()), grouped(trials));
}

std::string interval_text(const Answer& answer) {
  const auto rise = answer.rise();
  return fmt::format("{:.1f} points more, 95 % interval {:.1f} to {:.1f}", 100 * rise.value, 100 * rise.low,
                     100 * rise.high);
}

std::string ms(const std::optional<std::int64_t>& ns, Measure measure) {
  const char* none = measure == Measure::added_latency ? "none" : "never";
  return ns ? fmt::format("{:.1f} ms", static_cast<double>(*ns) / 1e6) : none;
}

std::string change(const Answer& answer) {
  if (!answer.was || !answer.is) return "";
  return fmt::format(" ({:+.1f} ms)", static_cast<double>(*answer.is - *answer.was) / 1e6);
}

/// Of what and which quantile, by how much, and what that means for the share of trials.
std::string quantile_text(const Answer& a) {
  const auto name = a.percent == 50 ? "median" : fmt::format("{} % quantile", a.percent);
  return fmt::format("{}{}: {} {} → {}{}; beyond {}: {} → {}", name_of(a.measure),
                     a.over_least ? " over the least possible" : "", name, ms(a.was, a.measure), ms(a.is, a.measure),
                     change(a), ms(*a.was + slack(*a.was), a.measure), of(a.baseline.count, a.baseline.trials),
                     of(a.now.count, a.now.trials));
}

std::string cell_text(const CheckReport& report, const CellVerdict& cell) {
  std::string text;
  for (const Answer* answer : regressions_of(cell)) {
    text += fmt::format("  {}\n", size_text(*answer, cell));
    const auto why = cause(*answer, cell.baseline, cell.now);
    if (!why.empty()) text += fmt::format("    reason: {}\n", why);
  }
  const auto again = again_text(report, cell);
  return text.empty() ? text
                      : describe(cell.baseline.key) + "\n" + text + (again.empty() ? "" : "    see: " + again + "\n");
}

std::string quantile_name(const Answer& a) {
  if (a.percent == 0) return std::string(name_of(a.measure));
  return fmt::format("{}, {}{}", name_of(a.measure),
                     a.percent == 50 ? "median" : fmt::format("{} % quantile", a.percent),
                     a.over_least ? " over the least" : "");
}

std::string remedy(const CheckReport& report, const std::optional<Growth>& growth) {
  if (!growth) return "so near to the margin that more trials hardly tell";
  if (growth->baseline == 1) return fmt::format("--trials {} would tell", report.most * growth->now);
  return fmt::format("a baseline of {} trials and --trials {} would tell", report.baseline_trials * growth->baseline,
                     report.most * growth->now);
}

std::size_t count(const CheckReport& report, bool (CellVerdict::*what)() const) {
  return static_cast<std::size_t>(
      std::count_if(report.cells.begin(), report.cells.end(), [&](const CellVerdict& c) { return (c.*what)(); }));
}

std::string alone_text(const char* where, const std::vector<std::string>& cells) {
  if (cells.empty()) return {};
  return fmt::format("not judged, only in the {}: {}{}\n", where, cells.front(),
                     cells.size() > 1 ? fmt::format(" and {} more", cells.size() - 1) : "");
}

}  // namespace

std::size_t CheckReport::regressions() const { return count(*this, &CellVerdict::worse); }

std::size_t CheckReport::undecided() const { return count(*this, &CellVerdict::undecided); }

std::vector<std::string> doubts_of(const CheckReport& report, const CellVerdict& cell) {
  std::vector<std::string> doubts;
  if (!cell.undecided()) return doubts;
  for (const Answer& a : cell.answers)
    if (a.decision == Decision::undecided)
      doubts.push_back(fmt::format("{}: {}: {:.1f} points more are not ruled out, {:.1f} matter; {}",
                                   describe(cell.baseline.key), quantile_name(a), 100 * a.open, 100 * a.margin,
                                   remedy(report, a.growth)));
  return doubts;
}

std::vector<const Answer*> regressions_of(const CellVerdict& cell) {
  std::vector<const Answer*> found;
  for (const Answer& answer : cell.answers) {
    const bool told =
        std::any_of(found.begin(), found.end(), [&](const Answer* f) { return f->measure == answer.measure; });
    if (answer.decision == Decision::risen && !told) found.push_back(&answer);
  }
  return found;
}

std::string size_text(const Answer& a, const CellVerdict& cell) {
  const Figures& was = cell.baseline;
  const Figures& is = cell.now;
  switch (a.measure) {
    case Measure::success:
      return fmt::format("success: failed {} → {}; {}", of(was.failed, was.trials), of(is.failed, is.trials),
                         interval_text(a));
    case Measure::relay_share:
      return fmt::format("relay share: relayed {} → {}, direct {} → {}; {}", of(was.relayed, was.trials),
                         of(is.relayed, is.trials), of(was.direct, was.trials), of(is.direct, is.trials),
                         interval_text(a));
    case Measure::time_to_direct:
      if (!a.over_least) return quantile_text(a);
      return fmt::format("{}; the whole time to direct, with what its links take: median {} → {}", quantile_text(a),
                         ms(was.time_to_direct.p50, a.measure), ms(is.time_to_direct.p50, a.measure));
    case Measure::first_byte:
    case Measure::added_latency:
      return quantile_text(a);
  }
  return {};
}

std::string again_text(const CheckReport& report, const CellVerdict& cell) {
  const auto& key = cell.baseline.key;
  if (key.pooled() || !cell.example) return {};
  return fmt::format("punchlab run {} --backend {} --seed {} --trials {} --policy {} --cell {},{} --trial {}",
                     report.path, report.backend, report.seed, report.most, key.policy, key.client, key.connector,
                     *cell.example);
}

std::string summary_line(const CheckReport& report) {
  const auto cells = std::count_if(report.cells.begin(), report.cells.end(),
                                   [](const CellVerdict& c) { return !c.baseline.key.pooled(); });
  auto text = fmt::format("{}: ", report.scenario);
  const auto worse = report.regressions();
  text += worse == 0 ? "no regression" : fmt::format("{} regression{}", worse, worse == 1 ? "" : "s");
  if (!report.missed.empty())
    text += fmt::format(", {} expectation{} missed", report.missed.size(), report.missed.size() == 1 ? "" : "s");
  if (const auto open = report.undecided(); open > 0) text += fmt::format(", {} undecided", open);
  return text + fmt::format(" in {} cells ({} trials on {}, seed {})", cells, grouped(report.trials), report.backend,
                            report.seed);
}

std::string check_text(const CheckReport& report) {
  std::string text;
  for (const CellVerdict& cell : report.cells) text += cell_text(report, cell);
  for (const auto& missed : report.missed)
    text += fmt::format("expectation missed, line {}: {}\n  {}\n", missed.line, missed.text, missed.measured);
  text += alone_text("baseline", report.only_baseline) + alone_text("scenario", report.only_plan);
  for (const CellVerdict& cell : report.cells)
    for (const auto& doubt : doubts_of(report, cell)) text += "undecided: " + doubt + "\n";
  if (const auto better = count(report, &CellVerdict::improved); better > 0)
    text += fmt::format("{} cell{} better than the baseline; --update-baseline takes that in\n", better,
                        better == 1 ? "" : "s");
  return text + summary_line(report) + "\n";
}

}  // namespace punchlab::results
