#pragma once
// A table of boxes in a terminal: columns as wide as their content, rules where they are asked for.
#include <string>
#include <string_view>
#include <vector>

namespace punchlab::results {

/// Columns that `text` takes on a terminal. Counts code points: right for everything we print.
std::size_t display_width(std::string_view text);

class TextTable {
 public:
  enum class Align : unsigned char { left, right, centre };
  struct Field {
    std::string text;
    std::string style;  ///< an ANSI sequence to print it in; empty for none
  };

  /// One alignment per column; rows may be shorter.
  explicit TextTable(std::vector<Align> columns) : columns_(std::move(columns)) {}
  void row(std::vector<Field> fields) { rows_.push_back(std::move(fields)); }
  /// A line across, below the last row.
  void rule() { rows_.emplace_back(); }
  /// Lines ending in '\n', framed.
  std::string render() const;

 private:
  std::vector<std::size_t> widths() const;

  std::vector<Align> columns_;
  std::vector<std::vector<Field>> rows_;  ///< an empty one is a rule
};

}  // namespace punchlab::results
