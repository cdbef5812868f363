#pragma once
// Runs trials in worker processes and streams their records to the caller, in whatever order they finish.
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "results/record/record.hpp"
#include "tools/runner/backend.hpp"
#include "tools/runner/schedule.hpp"

namespace punchlab::runner {

/// Which trials are written down packet by packet, for those that cannot be run again (docs/explain.md).
enum class Recordings : std::uint8_t {
  none,
  some,  ///< those that are not direct, or slow, and the first kFirstRecorded of each cell
  all,
};
inline constexpr std::uint64_t kFirstRecorded = 3;
/// Memory for the packet events of one recording, the first ones: some ten thousand.
inline constexpr std::size_t kMostOfARecording = std::size_t{16} << 20;

/// Trials in real time that run at once however late they are, per processor.
inline constexpr unsigned kLeastAtOnce = 6;

struct PoolOptions {
  Backend backend = Backend::ns3;
  unsigned jobs = 1;                          ///< worker processes at most; never more than there are chunks of trials
  std::optional<std::filesystem::path> pcap;  ///< folder for captures: one subfolder per trial, "cell3-trial17"
  Recordings recordings = Recordings::none;
  unsigned least_at_once = 0;  ///< trials in real time however late they are (Admission); 0: kLeastAtOnce, per processor
};

/// How a run of the pool ended.
struct PoolResult {
  enum class End : std::uint8_t {
    complete,
    interrupted,  ///< `stop` was set
    refused,      ///< the sink said no (full disk, say); it knows why
    worker_died,  ///< `error` says how
  };
  End end = End::complete;
  std::string error;
};

/// What the caller does with records and time.
struct PoolSink {
  std::function<bool(results::TrialRecord)> record;  ///< false ends the run
  std::function<bool()> idle;  ///< when none came for 100 ms, and every 100 ms from then on; false ends the run
  /// The packed recording (results/store/packed.hpp) of the trial whose record comes next; may be empty.
  std::function<void(std::vector<std::uint8_t>)> recording{};
};

/// Blocks until all `items` are done or the run ends early. Workers are children of this process: they end with it, and
/// have ended when this returns. Set `stop` (from a signal handler) to interrupt.
PoolResult run_pool(const trial::Plan& plan, const Schedule& items, const PoolOptions& options,
                    const PoolSink& sink, const volatile std::sig_atomic_t& stop);

}  // namespace punchlab::runner
