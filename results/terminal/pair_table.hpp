#pragma once
// The layout that every matrix in the terminal has: clients down, connectors across, cut into blocks where it is too
// wide.
#include <functional>
#include <string>
#include <vector>

#include "results/terminal/text_table.hpp"

namespace punchlab::results {

/// Appends `name` unless it is there.
void add_once(std::vector<std::string>& names, const std::string& name);

struct PairTable {
  using Fields = std::vector<TextTable::Field>;

  std::vector<std::string> clients;
  std::vector<std::string> connectors;
  std::vector<std::string>
      lines;               ///< names of the lines within a cell, in a column of their own; empty: no such column
  std::size_t header = 6;  ///< connectors' names longer than this are broken at their hyphens
  /// The lines of one cell, the same number everywhere; empty: there is no such cell.
  std::function<Fields(const std::string& client, const std::string& connector)> cell;

  /// One table, or several one below the other, none wider than `width` unless a single connector is.
  std::string render(std::size_t width) const;
};

}  // namespace punchlab::results
