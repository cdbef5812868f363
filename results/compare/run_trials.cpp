#include "results/compare/run_trials.hpp"

#include <fmt/format.h>

#include <limits>
#include <map>

#include "results/store/lateness.hpp"

namespace punchlab::results {
namespace {

std::int64_t nanoseconds(const std::optional<Duration>& time) { return time ? time->count() : kNever; }

/// Takes the records in the order of their cells.
class Collector {
 public:
  Collector(RunTrials& run, std::vector<StoredCell> cells) : run_(run), cells_(std::move(cells)) {}

  /// Nothing is taken of a record whose cell the run does not have, which `orphan` then tells.
  void add(const TrialRecord& record) {
    if (run_.cells.empty() || run_.cells.back().cell.cell != record.cell) {
      while (next_ < cells_.size() && cells_[next_].cell < record.cell) ++next_;
      if (next_ == cells_.size() || cells_[next_].cell != record.cell) {
        orphan_ = true;
        return;
      }
      run_.cells.push_back({cells_[next_], {}, {}});
    }
    run_.cells.back().trials.push_back({record.trial,
                                        record.outcome,
                                        reason(record.reason),
                                        {nanoseconds(record.time_to_first_byte), nanoseconds(record.time_to_direct),
                                         nanoseconds(record.added_latency)}});
  }
  bool orphan() const { return orphan_; }

 private:
  std::uint16_t reason(const std::string& text) {
    const auto [at, fresh] = known_.try_emplace(text, static_cast<std::uint16_t>(run_.reasons.size()));
    if (fresh) run_.reasons.push_back(text);
    return at->second;
  }

  RunTrials& run_;
  std::vector<StoredCell> cells_;
  std::size_t next_ = 0;
  std::map<std::string, std::uint16_t> known_{{"", 0}};
  bool orphan_ = false;
};

}  // namespace

std::string_view name_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::time_to_first_byte:
      return "time to first byte";
    case Quantity::time_to_direct:
      return "time to direct";
    case Quantity::added_latency:
      return "added latency";
  }
  return "";
}

void know_draws(RunTrials& run, const trial::Plan& plan) {
  std::map<std::uint32_t, std::optional<std::uint32_t>> draws;
  for (const auto& cell : plan.cells) draws.emplace(cell.index, cell.draw);
  for (auto& cell : run.cells)
    if (const auto known = draws.find(cell.cell.cell); known != draws.end()) cell.draw = known->second;
}

Result<RunTrials> read_run(const std::filesystem::path& folder) {
  const auto store = Store::open(folder);
  if (!store) return store.error();
  auto cells = store->cells();
  if (!cells) return cells.error();
  RunTrials run{folder.string(), store->manifest(), {""}, {}};
  Collector collector(run, std::move(*cells));
  Lateness lateness;
  const auto failure = store->for_each([&](const TrialRecord& record) {
    collector.add(record);
    lateness.add(record);
  });
  if (failure) return *failure;
  run.warning = lateness.warning();
  if (collector.orphan())
    return Error{Error::Kind::corrupt, fmt::format("{} has trials of cells that it does not name", folder.string())};
  if (run.cells.empty()) return Error{Error::Kind::corrupt, fmt::format("{} holds no finished trial", folder.string())};
  return run;
}

}  // namespace punchlab::results
