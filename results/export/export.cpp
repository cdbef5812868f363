#include "results/export/export.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "results/record/names.hpp"
#include "results/store/csv.hpp"

namespace punchlab::results {
namespace {

/// Written out when this much has collected.
constexpr std::size_t kPiece = 1 << 16;

constexpr std::array<std::pair<const char*, std::optional<Duration> TrialRecord::*>, 8> kTimes{{
    {"time_to_first_byte_ms", &TrialRecord::time_to_first_byte},
    {"time_to_direct_ms", &TrialRecord::time_to_direct},
    {"least_time_to_direct_ms", &TrialRecord::least_time_to_direct},
    {"rtt_direct_ms", &TrialRecord::rtt_direct},
    {"rtt_relayed_ms", &TrialRecord::rtt_relayed},
    {"added_latency_ms", &TrialRecord::added_latency},
    {"late_p50_ms", &TrialRecord::late_p50},
    {"late_p99_ms", &TrialRecord::late_p99},
}};

std::array<std::pair<const char*, std::uint64_t>, 7> counts(const TrialRecord& r) {
  return {{{"probes_sent", r.probes_sent},
           {"probes_answered", r.probes_answered},
           {"probes_lost_by_network", r.probes_lost_by_network},
           {"packets_to_direct", r.packets_to_direct},
           {"bytes_to_direct", r.bytes_to_direct},
           {"packets_to_others", r.packets_to_others},
           {"events", r.events}}};
}

double ms(Duration time) { return static_cast<double>(time.count()) / 1e6; }

std::string header() {
  std::string line = "cell,client,connector,policy,link,trial,outcome,reason";
  for (const auto& entry : kTimes) line += fmt::format(",{}", entry.first);
  for (const auto& entry : counts({})) line += fmt::format(",{}", entry.first);
  return line + ",finished_ms,trace_hash\r\n";
}

std::string csv_line(const StoredCell& cell, const TrialRecord& r) {
  auto line =
      fmt::format("{},{},{},{},{},{},{},{}", r.cell, csv_field(cell.client), csv_field(cell.connector),
                  csv_field(cell.policy), csv_field(cell.link), r.trial, name_of(r.outcome), csv_field(r.reason));
  for (const auto& [name, time] : kTimes) line += r.*time ? fmt::format(",{}", ms(*(r.*time))) : ",";
  for (const auto& [name, count] : counts(r)) line += fmt::format(",{}", count);
  return line + fmt::format(",{},{:016x}\r\n", ms(r.finished), r.trace_hash);
}

std::string json_line(const StoredCell& cell, const TrialRecord& r) {
  nlohmann::ordered_json j{
      {"cell", r.cell},    {"client", cell.client}, {"connector", cell.connector},   {"policy", cell.policy},
      {"link", cell.link}, {"trial", r.trial},      {"outcome", name_of(r.outcome)}, {"reason", r.reason}};
  for (const auto& [name, time] : kTimes) j[name] = r.*time ? nlohmann::ordered_json(ms(*(r.*time))) : nullptr;
  for (const auto& [name, count] : counts(r)) j[name] = count;
  j["finished_ms"] = ms(r.finished);
  j["trace_hash"] = fmt::format("{:016x}", r.trace_hash);
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::optional<ExportFormat> parse_export_format(std::string_view name) {
  if (name == "csv") return ExportFormat::csv;
  if (name == "json") return ExportFormat::json;
  return std::nullopt;
}

Status export_trials(const Store& store, ExportFormat format, const std::function<bool(std::string_view)>& write) {
  const auto cells = store.cells();
  if (!cells) return cells.error();
  std::map<std::uint32_t, StoredCell> by_index;
  for (const auto& cell : *cells) by_index.emplace(cell.cell, cell);
  const bool csv = format == ExportFormat::csv;
  std::string text = csv ? header() : "[";
  bool first = true, open = true;
  const auto failure = store.for_each([&](const TrialRecord& record) {
    if (!open) return;
    const StoredCell& cell = by_index[record.cell];
    text += csv ? csv_line(cell, record) : (first ? "\n" : ",\n") + json_line(cell, record);
    first = false;
    if (text.size() < kPiece) return;
    open = write(text);
    text.clear();
  });
  if (failure) return failure;
  if (open) write(text + (csv ? "" : "\n]\n"));
  return std::nullopt;
}

}  // namespace punchlab::results
