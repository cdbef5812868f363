#include "tools/cli/recordings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/explain/recording_bytes.hpp"
#include "tools/cli/run_folder.hpp"
#include "tools/cli/run_options.hpp"

namespace punchlab::cli {
namespace {

constexpr std::size_t kNamed = 5;  // trials in a message

std::vector<std::uint64_t> recorded(const results::Store& store, std::uint32_t cell) {
  auto trials = store.recorded(cell);
  if (!trials) fail(trials.error());
  return std::move(*trials);
}

[[noreturn]] void refuse(const RecordedRun& run, const results::TrialRecord& stored) {
  const auto& cell = run.cell(stored.cell);
  const auto others = recorded(run.store, stored.cell);
  std::string which;
  for (std::size_t i = 0; i < std::min(kNamed, others.size()); ++i)
    which += fmt::format("{}{}-{}", i == 0 ? "" : ", ", stored.cell, others[i]);
  const auto more = others.size() > kNamed ? fmt::format(" and {} more", others.size() - kNamed) : "";
  throw CommandError(
      kWrongUsage,
      fmt::format(
          "trial {} of {} has no recording, and real sockets cannot run it again: {}; `punchlab run {} --backend {} "
          "--cell {} --trial {} --recordings all` records another such trial",
          id_of(stored), run.store.folder().string(),
          others.empty() ? "none of its cell has one" : fmt::format("of its cell {}{} have one", which, more),
          quoted(run.store.manifest().scenario_path), run.store.manifest().backend,
          quoted(cell.client.nat_name + "," + cell.connector.nat_name), stored.trial));
}

}  // namespace

RecordingQuota::RecordingQuota(const trial::Plan& plan, const results::Store& store, runner::Recordings recordings)
    : all_(recordings == runner::Recordings::all),
      share_(std::max<std::uint64_t>(kMostRecordings / std::max<std::size_t>(plan.cells.size(), 1), 1)) {
  if (recordings != runner::Recordings::some) return;
  for (const auto& cell : plan.cells)
    for (const auto trial : recorded(store, cell.index)) kept_[cell.index] += trial >= runner::kFirstRecorded ? 1U : 0U;
}

bool RecordingQuota::take(const results::TrialRecord& record) {
  if (all_ || record.trial < runner::kFirstRecorded) return true;
  auto& kept = kept_[record.cell];
  if (kept == share_) return false;
  ++kept;
  return true;
}

bool has_recording(const RecordedRun& run, const results::TrialRecord& stored) {
  const auto trials = recorded(run.store, stored.cell);
  return std::binary_search(trials.begin(), trials.end(), stored.trial);
}

std::string parting_text(const explain::TraceComparison& comparison, std::string_view first, std::string_view second) {
  const auto alike = fmt::format(
      "packets without application data: {} alike (same sender, addresses, message and fate), {} not; sent up "
      "to {:.1f} ms apart\n",
      comparison.alike, comparison.different, static_cast<double>(comparison.latest.count()) * 1e-6);
  if (!comparison.parting) return alike;
  return alike +
         "the first that differs: " + explain::text_of(*comparison.parting, std::string(first), std::string(second)) +
         "\n";
}

explain::Recording recording_of(const RecordedRun& run, const results::TrialRecord& stored) {
  const auto content = run.store.recording(stored.cell, stored.trial);
  if (!content) fail(content.error());
  if (!*content) refuse(run, stored);
  explain::Recording recording;
  recording.cell = run.cell(stored.cell);
  recording.seed = run.plan.seed;
  recording.topology = trial::draw_topology(recording.cell, recording.seed, stored.trial);
  recording.record = stored;
  if (const auto wrong = explain::from_bytes(**content, recording))
    throw CommandError(kWrongUsage,
                       fmt::format("{}: the recording of trial {} is corrupt: {}",
                                   (run.store.folder() / "trials.sqlite").string(), id_of(stored), *wrong));
  return recording;
}

}  // namespace punchlab::cli
