#include "results/terminal/matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "results/terminal/numbers.hpp"
#include "results/terminal/pair_table.hpp"

namespace punchlab::results {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kFullColumns = 5;  ///< connectors up to which every value of a cell is shown
constexpr std::size_t kFullHeader = 14;  ///< longer names are broken at their hyphens
constexpr std::size_t kCompactHeader = 6;

/// The cells of one policy over one link, to be looked up by their names.
struct Block {
  const PooledSummary* pooled = nullptr;
  std::vector<const CellSummary*> cells;
  Names clients;
  Names connectors;

  const CellSummary* at(const std::string& client, const std::string& connector) const {
    const auto found = std::find_if(cells.begin(), cells.end(), [&](const CellSummary* cell) {
      return cell->client == client && cell->connector == connector;
    });
    return found == cells.end() ? nullptr : *found;
  }
  bool any_failed() const { return pooled->tally.rate(Outcome::failed).count > 0; }
};

Block block_of(const PooledSummary& pooled, const trial::Plan& plan, const Summary& summary) {
  Block block{&pooled, {}, {}, {}};
  for (const CellSummary& cell : summary.cells) {
    if (cell.policy == pooled.policy && cell.link == pooled.link) block.cells.push_back(&cell);
  }
  // Names in the scenario's order, which is the plan's even when the first cells have no trials.
  for (const trial::Cell& cell : plan.cells) {
    if (block.at(cell.client.nat_name, cell.connector.nat_name) == nullptr) continue;
    add_once(block.clients, cell.client.nat_name);
    add_once(block.connectors, cell.connector.nat_name);
  }
  return block;
}

const char* style_of(const Tally& tally, const MatrixOptions& options) {
  if (!options.colour) return "";
  if (tally.rate(Outcome::failed).count > 0) return "\033[1;31m";
  const double direct = tally.rate(Outcome::direct).value();
  return direct >= 1 ? "\033[1;32m" : direct > 0 ? "\033[1;36m" : "\033[1;33m";
}

/// One line within a cell of the full form.
struct Line {
  const char* name;
  std::string (*value)(const Tally&);
};

constexpr const char* kNoValue = "–";

/// No trial connected, or nothing tells what its direct route takes.
std::string added_ms(const Tally& t) { return t.added_latency.measured() == 0 ? kNoValue : median_ms(t.added_latency); }

std::vector<Line> lines_of(const Block& block) {
  std::vector<Line> lines{
      {"direct", [](const Tally& t) { return percent(t.rate(Outcome::direct).value()); }},
      {"95 % interval", [](const Tally& t) { return percent_range(t.rate(Outcome::direct).interval()); }},
      {"relayed", [](const Tally& t) { return percent(t.rate(Outcome::relayed).value()); }},
      {"failed", [](const Tally& t) { return percent(t.rate(Outcome::failed).value()); }},
      {"time to direct", [](const Tally& t) { return median_ms(t.time_to_direct); }},
      {"added latency", [](const Tally& t) { return added_ms(t); }},
  };
  if (!block.any_failed()) lines.erase(lines.begin() + 3);
  return lines;
}

PairTable full_table(const Block& block, const MatrixOptions& options) {
  const auto lines = lines_of(block);
  PairTable table{
      .clients = block.clients, .connectors = block.connectors, .lines = {}, .header = kFullHeader, .cell = {}};
  for (const Line& line : lines) table.lines.emplace_back(line.name);
  table.cell = [&block, options, lines](const auto& client, const auto& connector) {
    PairTable::Fields fields;
    const CellSummary* cell = block.at(client, connector);
    if (cell == nullptr) return fields;
    for (const Line& line : lines)
      fields.push_back({line.value(cell->tally), fields.empty() ? style_of(cell->tally, options) : ""});
    return fields;
  };
  return table;
}

PairTable compact_table(const Block& block, const MatrixOptions& options) {
  PairTable table{
      .clients = block.clients, .connectors = block.connectors, .lines = {}, .header = kCompactHeader, .cell = {}};
  table.cell = [&block, options](const auto& client, const auto& connector) {
    const CellSummary* cell = block.at(client, connector);
    if (cell == nullptr) return PairTable::Fields{};
    const Rate rate = cell->tally.rate(Outcome::direct);
    return PairTable::Fields{{percent_number(rate.value()), style_of(cell->tally, options)},
                             {short_range(rate.interval()), ""}};
  };
  return table;
}

std::string trials_of(const Block& block) {
  const auto [least, most] =
      std::minmax_element(block.cells.begin(), block.cells.end(),
                          [](const auto* a, const auto* b) { return a->tally.trials < b->tally.trials; });
  const auto low = grouped((*least)->tally.trials);
  const auto high = grouped((*most)->tally.trials);
  return low == high ? low + " trials per cell" : low + " to " + high + " trials per cell";
}

/// "265.0–290.0 ms in 13 of 16 cells": from the least to the largest median of the cells that have one.
/// `nowhere`: in a word, when no trial has a value.
std::string medians_of(const Block& block, Sample Tally::*quantity, const char* nowhere) {
  std::vector<std::int64_t> medians;
  bool measured = false;
  for (const CellSummary* cell : block.cells) {
    measured |= (cell->tally.*quantity).measured() > 0;
    if (const auto median = (cell->tally.*quantity).median()) medians.push_back(*median);
  }
  if (medians.empty()) return fmt::format("{} in every cell", measured ? "∞" : nowhere);
  const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
  return fmt::format("{} in {} of {} cells", ms_range(*least, *most), medians.size(), block.cells.size());
}

/// Over pairs that the scenario lists, a pooled time would be that of a mixture which nobody meets.
std::string pooled_lines(const Block& block) {
  const Tally& t = block.pooled->tally;
  const Rate direct = t.rate(Outcome::direct);
  const bool one = t.one_population();
  const auto rates =
      fmt::format("direct {} ({}), relayed {}, failed {}", percent(direct.value()), percent_range(direct.interval()),
                  percent(t.rate(Outcome::relayed).value()), percent(t.rate(Outcome::failed).value()));
  if (one)
    return fmt::format("All trials: {}\n            medians over all trials: time to direct {}{}, added latency {}\n",
                       rates, median_ms(t.time_to_direct),
                       t.time_to_direct.median() ? "" : " (less than half of them got there)", added_ms(t));
  return fmt::format("Mean of {} cells: {}\n  medians of the cells: time to direct {},\n  added latency {}\n",
                     block.cells.size(), rates, medians_of(block, &Tally::time_to_direct, "never"),
                     medians_of(block, &Tally::added_latency, kNoValue));
}

/// What a dash is, where there is one.
std::string legend_of(const Block& block) {
  const auto missing = [](const CellSummary* cell) { return cell->tally.added_latency.measured() == 0; };
  if (std::none_of(block.cells.begin(), block.cells.end(), missing)) return {};
  return fmt::format("  added latency {}: no trial connected, or nothing tells what its direct route takes\n",
                     kNoValue);
}

std::string block_text(const Block& block, const MatrixOptions& options) {
  const bool full = block.connectors.size() <= kFullColumns;
  const Tally& tally = block.pooled->tally;
  std::string text =
      fmt::format("\nPolicy {}{}{}: {} trials, {}\nClients down, connectors across{}\n", block.pooled->policy,
                  block.pooled->link.empty() ? "" : ", link ", block.pooled->link, grouped(tally.trials),
                  trials_of(block), full ? "; times are medians" : ": direct in %, below it the 95 % interval");
  text += (full ? full_table(block, options) : compact_table(block, options)).render(options.width);
  return text + pooled_lines(block) + (full ? legend_of(block) : "");
}

}  // namespace

std::string matrix_text(const trial::Plan& plan, const Summary& summary, const MatrixOptions& options) {
  std::string text = fmt::format("{}{}{}\n{} trials on {}, seed {}\n", plan.name, plan.title.empty() ? "" : ": ",
                                 plan.title, grouped(summary.trials), summary.backend, summary.seed);
  for (const PooledSummary& pooled : summary.pooled) text += block_text(block_of(pooled, plan, summary), options);
  return text;
}

std::string expectations_text(const std::vector<ExpectationResult>& results, const MatrixOptions& options) {
  std::string text;
  for (const ExpectationResult& result : results) {
    const bool missed = result.verdict == Verdict::missed;
    const char* mark = missed ? "✗ missed" : result.verdict == Verdict::met ? "✓ met   " : "– not measured";
    const char* style = !options.colour ? "" : missed ? "\033[1;31m" : result.verdict == Verdict::met ? "\033[32m" : "";
    text +=
        fmt::format("{}{}{}  line {}: {}\n", style, mark, *style == '\0' ? "" : "\033[0m", result.line, result.text);
    if (missed)
      text += fmt::format("            {} of {} outside; {}\n", result.missed, result.checked, result.measured);
    else if (result.pooled)
      text += fmt::format("            {}\n", result.measured);
  }
  return text;
}

}  // namespace punchlab::results
