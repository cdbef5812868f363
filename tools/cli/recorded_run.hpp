#pragma once
// A run folder as the question "what happened in this trial?" needs it: its trials, and the plan to run them again. All
// of it comes from the folder; no scenario or preset file is read.
#include <boost/program_options.hpp>
#include <filesystem>
#include <optional>

#include "results/store/store.hpp"
#include "sim/trial/plan.hpp"
#include "tools/cli/command.hpp"
#include "tools/runner/backend.hpp"

namespace punchlab::cli {

struct RecordedRun {
  results::Store store;
  trial::Plan plan;  ///< every cell of the grid, also those without a trial
  runner::Backend backend = runner::Backend::ns3;

  /// Its trials cannot be run again: explanations come from recordings (tools/cli/recordings.hpp).
  bool is_real() const { return runner::is_real(backend); }
  /// The simulation that stands for it when its trials are run again.
  runner::Backend model() const { return is_real() ? runner::Backend::ns3 : backend; }
  /// By Cell::index; throws CommandError when the run has none.
  const trial::Cell& cell(std::uint32_t index) const;
};

/// Throws CommandError with status 2 for a folder that holds no run, a broken one, or one of another format.
RecordedRun open_run(const std::filesystem::path& folder);

/// The plan of a run whose trials are not to be run again: nothing when this punchlab no longer takes its scenario.
/// Throws as `open_run` does otherwise.
std::optional<trial::Plan> planned_again(const std::filesystem::path& folder);

/// "symmetric,full-cone (relay-first, lossy)".
std::string name_of(const trial::Cell& cell);
/// "3-17": the cell's index and the trial's, as `--trial` takes it.
std::string id_of(const results::TrialRecord& record);

/// "relayed (mapping-varies)".
std::string ended(const results::TrialRecord& record);
/// A trial's row. Throws CommandError when there is none.
results::TrialRecord stored_trial(const RecordedRun& run, std::uint32_t cell, std::uint64_t trial);
/// The options by which commands choose one trial: --trial, --cell, --policy.
void add_trial_options(boost::program_options::options_description& options);
/// The stored trial that they mean: `--trial 3-17`, `--cell A,B --trial 17`, or with `--cell A,B` alone a typical one
/// (over real sockets: one that has a recording, where there is any).
/// Throws CommandError when there is none.
results::TrialRecord chosen_trial(const RecordedRun& run, const boost::program_options::variables_map& values);
/// The cells that --cell and --policy leave, by index; all without them.
std::vector<std::uint32_t> chosen_cells(const RecordedRun& run, const boost::program_options::variables_map& values);

}  // namespace punchlab::cli
