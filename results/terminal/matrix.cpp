#include "results/terminal/matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "results/terminal/numbers.hpp"
#include "results/terminal/text_table.hpp"

namespace punchlab::results {
namespace {

using Names = std::vector<std::string>;
using Field = TextTable::Field;

constexpr std::size_t kFullColumns = 5;  ///< connectors up to which every value of a cell is shown
constexpr std::size_t kFullHeader = 14;  ///< longer names are broken at their hyphens
constexpr std::size_t kCompactHeader = 6;

void add_once(Names& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// "port-restricted-cone" as "port-" "restricted-" "cone", filled up to `width`.
Names broken(const std::string& name, std::size_t width) {
  Names lines{""};
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t hyphen = name.find_first_of("- ", at);
    const std::size_t end = hyphen == std::string::npos ? name.size() : hyphen + 1;
    const std::string piece = name.substr(at, end - at);
    if (!lines.back().empty() && lines.back().size() + piece.size() > width) lines.emplace_back();
    lines.back() += piece;
    at = end;
  }
  return lines;
}

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

/// No trial connected, or none over links that give a route to compare with.
std::string added_ms(const Tally& t) { return t.added_latency.measured() == 0 ? "–" : median_ms(t.added_latency); }

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

void add_header(TextTable& table, const Names& before, std::span<const std::string> connectors, std::size_t width) {
  std::vector<Names> names;
  std::size_t height = 1;
  for (const auto& connector : connectors) {
    names.push_back(broken(connector, width));
    height = std::max(height, names.back().size());
  }
  for (std::size_t i = 0; i < height; ++i) {
    std::vector<Field> row;
    for (const auto& text : before) row.push_back({i + 1 == height ? text : "", ""});
    for (const Names& name : names) {
      const std::size_t skipped = height - name.size();
      row.push_back({i < skipped ? "" : name[i - skipped], ""});
    }
    table.row(std::move(row));
  }
}

std::string full_table(const Block& block, std::span<const std::string> connectors, const MatrixOptions& options) {
  std::vector<TextTable::Align> columns(2 + connectors.size(), TextTable::Align::right);
  columns[0] = columns[1] = TextTable::Align::left;
  TextTable table(columns);
  add_header(table, {"client ↓", ""}, connectors, kFullHeader);
  for (const auto& client : block.clients) {
    table.rule();
    bool first = true;
    for (const Line& line : lines_of(block)) {
      std::vector<Field> row{{first ? client : "", ""}, {line.name, ""}};
      for (const auto& connector : connectors) {
        const CellSummary* cell = block.at(client, connector);
        row.push_back(cell == nullptr ? Field{"·", ""}
                                      : Field{line.value(cell->tally), first ? style_of(cell->tally, options) : ""});
      }
      table.row(std::move(row));
      first = false;
    }
  }
  return table.render();
}

std::string compact_table(const Block& block, std::span<const std::string> connectors, const MatrixOptions& options) {
  std::vector<TextTable::Align> columns(1 + connectors.size(), TextTable::Align::right);
  columns[0] = TextTable::Align::left;
  TextTable table(columns);
  add_header(table, {"client ↓"}, connectors, kCompactHeader);
  for (const auto& client : block.clients) {
    std::vector<Field> rates{{client, ""}};
    std::vector<Field> intervals{{"", ""}};
    for (const auto& connector : connectors) {
      const CellSummary* cell = block.at(client, connector);
      const Rate rate = cell == nullptr ? Rate{} : cell->tally.rate(Outcome::direct);
      rates.push_back(cell == nullptr ? Field{"·", ""}
                                      : Field{percent_number(rate.value()), style_of(cell->tally, options)});
      intervals.push_back({cell == nullptr ? "" : short_range(rate.interval()), ""});
    }
    table.rule();
    table.row(std::move(rates));
    table.row(std::move(intervals));
  }
  return table.render();
}

std::string trials_of(const Block& block) {
  const auto [least, most] =
      std::minmax_element(block.cells.begin(), block.cells.end(),
                          [](const auto* a, const auto* b) { return a->tally.trials < b->tally.trials; });
  const auto low = grouped((*least)->tally.trials);
  const auto high = grouped((*most)->tally.trials);
  return low == high ? low + " trials per cell" : low + " to " + high + " trials per cell";
}

std::string pooled_lines(const Tally& t) {
  const Rate direct = t.rate(Outcome::direct);
  return fmt::format(
      "All cells: direct {} ({}), relayed {}, failed {}\n           median time to direct {}{}, median added latency "
      "{}\n",
      percent(direct.value()), percent_range(direct.interval()), percent(t.rate(Outcome::relayed).value()),
      percent(t.rate(Outcome::failed).value()), median_ms(t.time_to_direct),
      t.time_to_direct.median() ? "" : " (less than half of all trials got there)", added_ms(t));
}

std::string table_text(bool full, const Block& block, std::span<const std::string> connectors,
                       const MatrixOptions& options) {
  return full ? full_table(block, connectors, options) : compact_table(block, connectors, options);
}

/// How many connectors fit beside each other.
std::size_t columns_that_fit(bool full, const Block& block, const MatrixOptions& options) {
  const auto fits = [&](std::size_t columns) {
    const std::string table =
        table_text(full, block, std::span(block.connectors).first(columns), {options.width, false});
    return display_width(std::string_view(table).substr(0, table.find('\n'))) <= options.width;
  };
  std::size_t columns = block.connectors.size();
  while (columns > 1 && !fits(columns)) --columns;
  return columns;
}

std::string block_text(const Block& block, const MatrixOptions& options) {
  const bool full = block.connectors.size() <= kFullColumns;
  const Tally& tally = block.pooled->tally;
  std::string text =
      fmt::format("\nPolicy {}{}{}: {} trials, {}\nClients down, connectors across{}\n", block.pooled->policy,
                  block.pooled->link.empty() ? "" : ", link ", block.pooled->link, grouped(tally.trials),
                  trials_of(block), full ? "; times are medians" : ": direct in %, below it the 95 % interval");
  const std::size_t step = columns_that_fit(full, block, options);
  for (std::size_t i = 0; i < block.connectors.size(); i += step) {
    text += table_text(full, block, std::span(block.connectors).subspan(i, std::min(step, block.connectors.size() - i)),
                       options);
  }
  return text + pooled_lines(tally);
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
  }
  return text;
}

}  // namespace punchlab::results
