#include "results/terminal/pair_table.hpp"

#include <algorithm>
#include <span>

namespace punchlab::results {
namespace {

using Names = std::vector<std::string>;
using Field = TextTable::Field;

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

/// The rows of one client.
void add_client(TextTable& table, const PairTable& pairs, const std::string& client,
                std::span<const std::string> connectors) {
  std::vector<PairTable::Fields> cells;
  std::size_t height = pairs.lines.size();
  for (const auto& connector : connectors) {
    cells.push_back(pairs.cell(client, connector));
    height = std::max(height, cells.back().size());
  }
  table.rule();
  for (std::size_t line = 0; line < std::max<std::size_t>(height, 1); ++line) {
    std::vector<Field> row{{line == 0 ? client : "", ""}};
    if (!pairs.lines.empty()) row.push_back({pairs.lines[line], ""});
    // A cell that is not there has a dot wherever the lines have names.
    for (const auto& cell : cells)
      row.push_back(!cell.empty() ? cell[line] : Field{line == 0 || !pairs.lines.empty() ? "·" : "", ""});
    table.row(std::move(row));
  }
}

std::string one_table(const PairTable& pairs, std::span<const std::string> connectors) {
  const std::size_t left = pairs.lines.empty() ? 1 : 2;
  std::vector<TextTable::Align> columns(left + connectors.size(), TextTable::Align::right);
  std::fill_n(columns.begin(), left, TextTable::Align::left);
  TextTable table(columns);
  add_header(table, pairs.lines.empty() ? Names{"client ↓"} : Names{"client ↓", ""}, connectors, pairs.header);
  for (const auto& client : pairs.clients) add_client(table, pairs, client, connectors);
  return table.render();
}

/// How many connectors fit beside each other.
std::size_t columns_that_fit(const PairTable& pairs, std::size_t width) {
  const auto fits = [&](std::size_t columns) {
    const std::string table = one_table(pairs, std::span(pairs.connectors).first(columns));
    return display_width(std::string_view(table).substr(0, table.find('\n'))) <= width;
  };
  std::size_t columns = pairs.connectors.size();
  while (columns > 1 && !fits(columns)) --columns;
  return columns;
}

}  // namespace

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::string PairTable::render(std::size_t width) const {
  std::string text;
  const std::size_t step = columns_that_fit(*this, width);
  for (std::size_t i = 0; i < connectors.size(); i += step)
    text += one_table(*this, std::span(connectors).subspan(i, std::min(step, connectors.size() - i)));
  return text;
}

}  // namespace punchlab::results
