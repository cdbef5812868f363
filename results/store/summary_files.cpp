#include "results/store/summary_files.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "results/record/names.hpp"
#include "results/store/csv.hpp"
#include "results/store/files.hpp"
#include "results/store/seal.hpp"

namespace punchlab::results {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kPercents{50U, 95U, 99U};
constexpr std::array kOutcomes{Outcome::direct, Outcome::relayed, Outcome::failed};

constexpr std::array<std::pair<const char*, Sample Tally::*>, 8> kTimes{{
    {"time_to_first_byte_ms", &Tally::time_to_first_byte},
    {"time_to_direct_ms", &Tally::time_to_direct},
    {"least_time_to_direct_ms", &Tally::least_time_to_direct},
    {"rtt_direct_ms", &Tally::rtt_direct},
    {"rtt_relayed_ms", &Tally::rtt_relayed},
    {"added_latency_ms", &Tally::added_latency},
    {"late_p50_ms", &Tally::late_p50},
    {"late_p99_ms", &Tally::late_p99},
}};
constexpr std::array<std::pair<const char*, Sample Tally::*>, 3> kCounts{{
    {"packets_to_direct", &Tally::packets_to_direct},
    {"bytes_to_direct", &Tally::bytes_to_direct},
    {"packets_to_others", &Tally::packets_to_others},
}};

/// Six decimals: enough for a million trials, and the last bits of a square root do not show.
double rounded(double rate) { return std::round(rate * 1e6) / 1e6; }

/// Exact: a double holds every time below 104 days to the nanosecond, and the shortest text that means it is its
/// decimals.
double milliseconds(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

Json rate_json(const Rate& rate) {
  const Interval interval = rate.interval();
  return {{"count", rate.count},
          {"rate", rounded(rate.value())},
          {"low", rounded(interval.low)},
          {"high", rounded(interval.high)}};
}

template <class Convert>
Json quantiles_json(const Sample& sample, Convert convert) {
  Json j;
  for (const unsigned percent : kPercents) {
    const auto value = sample.quantile(percent);
    j[fmt::format("p{}", percent)] = value ? Json(convert(*value)) : Json();
  }
  j["measured"] = sample.measured();
  return j;
}

void add_tally(Json& j, const Tally& tally) {
  j["trials"] = tally.trials;
  for (const Outcome outcome : kOutcomes) j[std::string(name_of(outcome))] = rate_json(tally.rate(outcome));
  for (const auto& [name, sample] : kTimes) j[name] = quantiles_json(tally.*sample, milliseconds);
  j["reasons"] = tally.reasons.empty() ? Json::object() : Json(tally.reasons);
  j["slow_reasons"] = tally.slow_reasons.empty() ? Json::object() : Json(tally.slow_reasons);
}

void add_counts(Json& j, const Tally& tally) {
  for (const auto& [name, sample] : kCounts) j[name] = quantiles_json(tally.*sample, [](std::int64_t n) { return n; });
  j["probes"] = {{"sent", tally.probes_sent},
                 {"answered", tally.probes_answered},
                 {"lost_by_network", tally.probes_lost_by_network}};
}

Json cell_json(const CellSummary& cell) {
  Json j{{"cell", cell.index},
         {"client", cell.client},
         {"connector", cell.connector},
         {"policy", cell.policy},
         {"link", cell.link}};
  add_tally(j, cell.tally);
  j["oracle"] = cell.oracle ? Json(name_of(*cell.oracle)) : Json();
  add_counts(j, cell.tally);
  return j;
}

Json pooled_json(const PooledSummary& pooled) {
  Json j{{"policy", pooled.policy}, {"link", pooled.link}, {"strata", pooled.tally.strata.size()}};
  add_tally(j, pooled.tally);
  add_counts(j, pooled.tally);
  return j;
}

template <class Items, class ToJson>
std::string lines(const Items& items, ToJson to_json_of_one) {
  std::string text;
  for (const auto& item : items)
    text += fmt::format("{}{}", text.empty() ? "\n " : ",\n ", to_json_of_one(item).dump());
  return text;
}

std::string csv_header() {
  std::string line = "cell,client,connector,policy,link,oracle,trials";
  for (const Outcome o : kOutcomes) line += fmt::format(",{0},{0}_rate,{0}_low,{0}_high", name_of(o));
  const auto add = [&](const char* name) {
    for (const unsigned percent : kPercents) line += fmt::format(",{}_p{}", name, percent);
  };
  for (const auto& entry : kTimes) add(entry.first);
  for (const auto& entry : kCounts) add(entry.first);
  return line + ",probes_sent,probes_answered,probes_lost_by_network\r\n";
}

template <class Convert>
std::string csv_quantiles(const Sample& sample, Convert convert) {
  std::string text;
  for (const unsigned percent : kPercents) {
    const auto value = sample.quantile(percent);
    text += value ? fmt::format(",{}", convert(*value)) : ",";
  }
  return text;
}

std::string csv_row(const CellSummary& cell) {
  const Tally& tally = cell.tally;
  std::string line =
      fmt::format("{},{},{},{},{},{},{}", cell.index, csv_field(cell.client), csv_field(cell.connector),
                  csv_field(cell.policy), csv_field(cell.link), cell.oracle ? name_of(*cell.oracle) : "", tally.trials);
  for (const Outcome outcome : kOutcomes) {
    const Rate rate = tally.rate(outcome);
    const Interval interval = rate.interval();
    line += fmt::format(",{},{:.6f},{:.6f},{:.6f}", rate.count, rate.value(), interval.low, interval.high);
  }
  for (const auto& entry : kTimes) line += csv_quantiles(tally.*entry.second, milliseconds);
  for (const auto& entry : kCounts) line += csv_quantiles(tally.*entry.second, [](std::int64_t n) { return n; });
  return line + fmt::format(",{},{},{}\r\n", tally.probes_sent, tally.probes_answered, tally.probes_lost_by_network);
}

}  // namespace

std::string to_json(const Summary& summary) {
  const auto warning = summary.warning.empty() ? "null" : Json(summary.warning).dump();
  return sealed(fmt::format(
      "{{\"scenario\":{},\"backend\":{},\"seed\":{},\"trials\":{},\"warning\":{},\"cells\":[{}],\n\"pooled\":[{}]}}\n",
      Json(summary.scenario).dump(), Json(summary.backend).dump(), summary.seed, summary.trials, warning,
      lines(summary.cells, cell_json), lines(summary.pooled, pooled_json)));
}

std::string to_csv(const Summary& summary) {
  std::string text = csv_header();
  for (const CellSummary& cell : summary.cells) text += csv_row(cell);
  return text;
}

Status write_summary(const Summary& summary, const std::filesystem::path& folder) {
  if (auto failure = replace_file(folder / "summary.json", to_json(summary))) return failure;
  return replace_file(folder / "summary.csv", to_csv(summary));
}

}  // namespace punchlab::results
