#include "results/terminal/text_table.hpp"

#include <algorithm>

namespace punchlab::results {
namespace {

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string line(const std::vector<std::size_t>& widths, std::string_view left, std::string_view cross,
                 std::string_view right) {
  std::string text(left);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    text += repeated("─", widths[i] + 2);
    text += i + 1 < widths.size() ? cross : right;
  }
  return text + '\n';
}

std::string padded(const TextTable::Field& field, std::size_t width, TextTable::Align align) {
  const std::size_t space = width - std::min(width, display_width(field.text));
  const std::size_t before = align == TextTable::Align::left ? 0 : align == TextTable::Align::right ? space : space / 2;
  const std::string text = field.style.empty() ? field.text : field.style + field.text + "\033[0m";
  return std::string(before, ' ') + text + std::string(space - before, ' ');
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& fields : rows_) {
    for (std::size_t i = 0; i < fields.size(); ++i) widths[i] = std::max(widths[i], display_width(fields[i].text));
  }
  return widths;
}

std::string TextTable::render() const {
  const auto columns = widths();
  std::string text = line(columns, "┌", "┬", "┐");
  for (const auto& fields : rows_) {
    if (fields.empty()) {
      text += line(columns, "├", "┼", "┤");
      continue;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += "│ " + padded(i < fields.size() ? fields[i] : Field{}, columns[i], columns_[i]) + ' ';
    }
    text += "│\n";
  }
  return text + line(columns, "└", "┴", "┘");
}

}  // namespace punchlab::results
