#include "results/store/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "results/store/labels.hpp"

namespace punchlab::results {
namespace {

constexpr std::array kSamples{&Tally::time_to_first_byte, &Tally::time_to_direct,   &Tally::least_time_to_direct,
                              &Tally::rtt_direct,         &Tally::rtt_relayed,      &Tally::added_latency,
                              &Tally::late_p50,           &Tally::late_p99,         &Tally::packets_to_direct,
                              &Tally::bytes_to_direct,    &Tally::packets_to_others};

std::optional<std::int64_t> nanoseconds(const std::optional<Duration>& time) {
  return time ? std::optional<std::int64_t>{time->count()} : std::nullopt;
}

std::string stratum_of(const trial::Cell& cell) {
  return fmt::format("{}, {}: {} {}", cell.policy.name, link_label(cell), cell.draw ? "draw" : "cell",
                     cell.draw.value_or(cell.index));
}

std::vector<PooledSummary> pool_cells(const std::vector<CellSummary>& cells) {
  std::vector<PooledSummary> pooled;
  std::vector<std::vector<Tally::Part>> parts;
  for (const CellSummary& cell : cells) {
    const auto same = [&](const PooledSummary& p) { return p.policy == cell.policy && p.link == cell.link; };
    const auto at = static_cast<std::size_t>(std::find_if(pooled.begin(), pooled.end(), same) - pooled.begin());
    if (at == pooled.size()) {
      pooled.push_back({cell.policy, cell.link, {}});
      parts.emplace_back();
    }
    parts[at].push_back({&cell.tally, cell.stratum});
  }
  for (std::size_t i = 0; i < pooled.size(); ++i) pooled[i].tally = Tally::pool(parts[i]);
  return pooled;
}

}  // namespace

Rate Tally::rate(Outcome outcome) const {
  const auto at = static_cast<std::size_t>(outcome);
  Rate rate{outcomes[at], trials, {}};
  for (const Outcomes& s : strata)
    rate.strata.push_back({s[at], std::accumulate(s.begin(), s.end(), std::uint64_t{0})});
  return rate;
}

Tally Tally::pool(const std::vector<Part>& parts) {
  Tally all;
  std::map<std::string_view, std::size_t> places;
  for (const auto& [part, stratum] : parts) {
    const auto place = places.try_emplace(stratum, all.strata.size()).first->second;
    if (place == all.strata.size()) all.strata.emplace_back();
    all.trials += part->trials;
    for (std::size_t i = 0; i < all.outcomes.size(); ++i) {
      all.outcomes[i] += part->outcomes[i];
      all.strata[place][i] += part->outcomes[i];
    }
    all.probes_sent += part->probes_sent;
    all.probes_answered += part->probes_answered;
    all.probes_lost_by_network += part->probes_lost_by_network;
    for (const auto& [reason, count] : part->reasons) all.reasons[reason] += count;
    for (const auto& [reason, count] : part->slow_reasons) all.slow_reasons[reason] += count;
  }
  for (const auto sample : kSamples) {
    std::vector<const Sample*> samples;
    for (const Part& part : parts) samples.push_back(&(part.tally->*sample));
    all.*sample = Sample::pool(samples);
  }
  return all;
}

const CellSummary* Summary::find(std::uint32_t index) const {
  const auto at =
      std::find_if(cells.begin(), cells.end(), [&](const CellSummary& cell) { return cell.index == index; });
  return at == cells.end() ? nullptr : &*at;
}

void Summarizer::Column::add(std::optional<std::int64_t> value) {
  if (value) {
    values.push_back(*value);
  } else {
    ++never;
  }
}

void Summarizer::Collected::add(const TrialRecord& r) {
  ++tally.trials;
  ++tally.outcomes[static_cast<std::size_t>(r.outcome)];
  tally.probes_sent += r.probes_sent;
  tally.probes_answered += r.probes_answered;
  tally.probes_lost_by_network += r.probes_lost_by_network;
  if (!r.reason.empty()) ++(r.outcome == Outcome::direct ? tally.slow_reasons : tally.reasons)[r.reason];
  time_to_first_byte.add(nanoseconds(r.time_to_first_byte));
  time_to_direct.add(nanoseconds(r.time_to_direct));
  least_time_to_direct.add(nanoseconds(r.least_time_to_direct));
  rtt_direct.add(nanoseconds(r.rtt_direct));
  rtt_relayed.add(nanoseconds(r.rtt_relayed));
  added_latency.add(nanoseconds(r.added_latency));
  late_p50.add(nanoseconds(r.late_p50));
  late_p99.add(nanoseconds(r.late_p99));
  const bool got_there = r.time_to_direct.has_value();
  packets_to_direct.add(got_there ? std::optional<std::int64_t>{r.packets_to_direct} : std::nullopt);
  bytes_to_direct.add(got_there ? std::optional{static_cast<std::int64_t>(r.bytes_to_direct)} : std::nullopt);
  packets_to_others.add(std::int64_t{r.packets_to_others});
}

Tally Summarizer::Collected::finish() {
  const std::array columns{
      &time_to_first_byte, &time_to_direct, &least_time_to_direct, &rtt_direct,      &rtt_relayed,      &added_latency,
      &late_p50,           &late_p99,       &packets_to_direct,    &bytes_to_direct, &packets_to_others};
  for (std::size_t i = 0; i < columns.size(); ++i) tally.*kSamples[i] = columns[i]->finish();
  return std::move(tally);
}

Summarizer::Summarizer(const trial::Plan& plan, std::string backend, std::map<std::uint32_t, Prediction> predictions) {
  summary_.scenario = plan.name;
  summary_.backend = std::move(backend);
  summary_.seed = plan.seed;
  for (const trial::Cell& cell : plan.cells) {
    const auto prediction = predictions.find(cell.index);
    positions_[cell.index] = collected_.size();
    collected_.emplace_back();
    summary_.cells.push_back(
        {.index = cell.index,
         .client = cell.client.nat_name,
         .connector = cell.connector.nat_name,
         .policy = cell.policy.name,
         .link = link_label(cell),
         .stratum = stratum_of(cell),
         .oracle = prediction == predictions.end() ? std::nullopt : std::optional(prediction->second),
         .tally = {}});
  }
}

bool Summarizer::add(const TrialRecord& record) {
  const auto position = positions_.find(record.cell);
  if (position == positions_.end()) return false;
  collected_[position->second].add(record);
  lateness_.add(record);
  ++summary_.trials;
  return true;
}

Summary Summarizer::finish() {
  for (std::size_t i = 0; i < collected_.size(); ++i) summary_.cells[i].tally = collected_[i].finish();
  std::erase_if(summary_.cells, [](const CellSummary& cell) { return cell.tally.trials == 0; });
  summary_.pooled = pool_cells(summary_.cells);
  summary_.warning = lateness_.warning();
  return std::move(summary_);
}

}  // namespace punchlab::results
