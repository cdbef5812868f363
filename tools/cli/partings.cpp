#include "tools/cli/partings.hpp"

#include <fmt/format.h>

#include "tools/cli/recordings.hpp"

namespace punchlab::cli {
namespace {

/// One run, and its world when trials have to be run again.
class Side {
 public:
  explicit Side(const std::filesystem::path& folder) : run_(open_run(folder)), identities_(run_.plan.seed) {
    if (!run_.is_real()) world_ = runner::make_world(run_.backend);
  }

  bool has(std::uint32_t cell, std::uint64_t trial) const { return world_ || has_recording(run_, stored(cell, trial)); }
  /// What happened; nothing when another commit's run cannot be repeated.
  std::optional<explain::Recording> happened(std::uint32_t cell, std::uint64_t trial) const {
    const auto row = stored(cell, trial);
    if (!world_) return recording_of(run_, row);
    auto again = explain::record(*world_, run_.cell(cell), identities_, run_.plan.seed, trial);
    return again.record == row ? std::optional(std::move(again)) : std::nullopt;
  }
  std::string_view name() const { return runner::name_of(run_.backend); }
  bool has_agents() const { return trial::has_agents(run_.plan.cells.front()); }

 private:
  results::TrialRecord stored(std::uint32_t cell, std::uint64_t trial) const { return stored_trial(run_, cell, trial); }

  RecordedRun run_;
  trial::Identities identities_;
  std::unique_ptr<trial::World> world_;
};

std::string parting_of(const results::CellComparison& cell, const Side& first, const Side& second) {
  for (const auto trial : cell.ended_otherwise) {
    if (!first.has(cell.first_cell, trial) || !second.has(cell.second_cell, trial)) continue;
    const auto a = first.happened(cell.first_cell, trial);
    const auto b = second.happened(cell.second_cell, trial);
    if (!a || !b) return "  a simulated run was made by another commit: run it again to see its packets\n";
    const auto found = explain::compare_traces(*a, *b);
    auto text = fmt::format("  trial {}-{}: {} {}, {} {}\n", cell.second_cell, trial, first.name(), ended(a->record),
                            second.name(), ended(b->record));
    if (!found.parting) return text + "  every packet without application data is alike\n";
    return text + "  " + explain::text_of(*found.parting, std::string(first.name()), std::string(second.name())) + "\n";
  }
  return "  no recording of any: run it over real sockets with --recordings all\n";
}

}  // namespace

void find_partings(results::Comparison& comparison, const std::filesystem::path& first,
                   const std::filesystem::path& second) {
  std::vector<results::CellComparison*> cells;
  for (auto& policy : comparison.policies)
    for (auto& cell : policy.cells)
      if (!cell.ended_otherwise.empty() && cells.size() < kMostPartings) cells.push_back(&cell);
  if (cells.empty()) return;
  const Side a(first), b(second);
  if (a.has_agents() != b.has_agents()) return;  // other programs; their packets have nothing in common
  for (auto* cell : cells) cell->parting = parting_of(*cell, a, b);
}

}  // namespace punchlab::cli
