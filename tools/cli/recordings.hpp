#pragma once
// Recordings of a run over real sockets: which are kept, and how one is read.
#include <map>

#include "sim/explain/traces.hpp"
#include "tools/cli/recorded_run.hpp"
#include "tools/runner/pool.hpp"

namespace punchlab::cli {

/// Recordings that a run of Recordings::some keeps at most, beside the first of each cell; every cell has an equal
/// share.
inline constexpr std::uint64_t kMostRecordings = 4096;

/// What a run may still keep.
class RecordingQuota {
 public:
  /// Counts what `store` has already (--resume).
  RecordingQuota(const trial::Plan& plan, const results::Store& store, runner::Recordings recordings);
  /// True when this trial's is to be kept; it counts from then on.
  bool take(const results::TrialRecord& record);

 private:
  bool all_;
  std::uint64_t share_;
  std::map<std::uint32_t, std::uint64_t> kept_;  ///< by Cell::index
};

bool has_recording(const RecordedRun& run, const results::TrialRecord& stored);
/// What the lab saw of a trial. Throws CommandError with status 2 when it has no recording, saying which trials have
/// one and how to get it, or when that is corrupt.
explain::Recording recording_of(const RecordedRun& run, const results::TrialRecord& stored);

/// How far two recordings of a trial agree, in lines.
std::string parting_text(const explain::TraceComparison& comparison, std::string_view first, std::string_view second);

}  // namespace punchlab::cli
