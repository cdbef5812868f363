#pragma once
#include <functional>
#include <optional>
#include <string_view>

#include "results/store/store.hpp"

namespace punchlab::results {

enum class ExportFormat : std::uint8_t {
  csv,  ///< RFC 4180 with a header; what never happened is an empty field
  json  ///< an array of one object per line; what never happened is null
};
/// "csv" or "json"; nothing for others.
std::optional<ExportFormat> parse_export_format(std::string_view name);

/// Hands every trial of a run to `write`, piece by piece, in the order of (cell, trial): the cell's names, the outcome,
/// times in milliseconds, counters; the columns of docs/export.md. `write` says false to stop, when its reader has
/// gone.
Status export_trials(const Store& store, ExportFormat format, const std::function<bool(std::string_view)>& write);

}  // namespace punchlab::results
