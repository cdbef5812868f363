#include "results/check/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "results/statistics/median_difference.hpp"

namespace punchlab::results {
namespace {

std::int64_t nanoseconds(const std::optional<Duration>& time) { return time ? time->count() : kNever; }

/// By nearest rank, as everywhere (docs/statistics.md). `values` is not empty.
std::optional<std::int64_t> quantile(std::vector<std::int64_t>& values, unsigned percent) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>((percent * values.size() + 99) / 100 - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at == kNever ? std::nullopt : std::optional(*at);
}

}  // namespace

std::string describe(const CellKey& key) {
  return fmt::format("{} ({}{}{})", key.pooled() ? "all cells" : key.client + "," + key.connector, key.policy,
                     key.link.empty() ? "" : ", ", key.link);
}

void Observed::add(const TrialRecord& r) {
  least_unknown_ |= r.time_to_direct && !r.least_time_to_direct;
  const auto excess =
      r.time_to_direct ? std::optional(*r.time_to_direct - r.least_time_to_direct.value_or(Duration{0})) : std::nullopt;
  seen_.push_back({r.trial, r.outcome, nanoseconds(r.time_to_direct), nanoseconds(excess), nanoseconds(r.added_latency),
                   nanoseconds(r.time_to_first_byte), r.time_to_direct ? std::int64_t{r.packets_to_direct} : kNever});
  if (!r.reason.empty()) ++reasons_[r.reason];
}

Figures Observed::figures(const CellKey& key) const {
  Figures f;
  f.key = key;
  f.trials = trials();
  f.direct = count(Outcome::direct);
  f.relayed = count(Outcome::relayed);
  f.failed = count(Outcome::failed);
  f.reasons = reasons_;
  if (seen_.empty()) return f;
  const auto column = [&](std::int64_t Seen::*value) {
    std::vector<std::int64_t> values;
    for (const Seen& seen : seen_) values.push_back(seen.*value);
    return values;
  };
  auto times = column(&Seen::time_to_direct);
  f.time_to_direct = {quantile(times, 50), quantile(times, 95)};
  auto excess = column(&Seen::over_least);
  if (f.direct > 0 && !least_unknown_)
    f.over_least = {quantile(excess, 25), quantile(excess, 50), quantile(excess, 95)};
  auto added = column(&Seen::added_latency);
  f.added_latency = {quantile(added, 50), quantile(added, 95)};
  auto first = column(&Seen::first_byte);
  f.first_byte = {quantile(first, 50), quantile(first, 95)};
  auto packets = column(&Seen::packets);
  f.packets = quantile(packets, 50);
  return f;
}

std::uint64_t Observed::count(Outcome outcome) const {
  return static_cast<std::uint64_t>(
      std::count_if(seen_.begin(), seen_.end(), [&](const Seen& s) { return s.outcome == outcome; }));
}

std::uint64_t Observed::beyond(std::int64_t Seen::*value, std::int64_t limit) const {
  return static_cast<std::uint64_t>(
      std::count_if(seen_.begin(), seen_.end(), [&](const Seen& s) { return s.*value > limit; }));
}

// Trials come in whatever order workers finish them: of several the first by index is taken.
std::optional<std::uint64_t> Observed::example(Outcome outcome, std::uint64_t end) const {
  std::optional<std::uint64_t> first;
  for (const Seen& s : seen_)
    if (s.outcome == outcome && s.trial < end && (!first || s.trial < *first)) first = s.trial;
  return first;
}

template <class Rank>
std::optional<std::uint64_t> Observed::last_by(std::uint64_t end, Rank rank) const {
  const Seen* last = nullptr;
  for (const Seen& s : seen_) {
    if (s.trial >= end) continue;
    if (!last || rank(*last) < rank(s) || (rank(*last) == rank(s) && s.trial < last->trial)) last = &s;
  }
  return last ? std::optional(last->trial) : std::nullopt;
}

std::optional<std::uint64_t> Observed::last_first_byte(std::uint64_t end) const {
  return last_by(end, [](const Seen& s) { return s.first_byte; });
}

std::optional<std::uint64_t> Observed::slowest(std::uint64_t end) const {
  return last_by(end, [](const Seen& s) { return std::tuple(s.time_to_direct, s.added_latency); });
}

}  // namespace punchlab::results
