#include "tools/runner/worker.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <optional>
#include <thread>

#include "net/agents/pair_trial.hpp"
#include "results/record/wire.hpp"
#include "results/store/packed.hpp"
#include "sim/explain/recording_bytes.hpp"
#include "tools/runner/run_trial.hpp"

namespace punchlab::runner {
namespace {

/// Records go out together when this many bytes have collected or the oldest has waited so long, and at the end: a
/// worker of slow trials must not sit on finished ones.
constexpr std::size_t kFlushBytes = 32768;
constexpr std::chrono::milliseconds kFlushAge{50};

bool write_all(int fd, std::vector<std::uint8_t>& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  bytes.clear();
  return true;
}

trial::WorldOptions world_options(const PoolOptions& options, std::uint32_t cell, std::uint64_t trial) {
  trial::WorldOptions world;
  if (options.pcap) world.pcap = *options.pcap / fmt::format("cell{}-trial{}", cell, trial);
  return world;
}

/// A worker's trials, one after the other.
class Work {
 public:
  Work(const trial::Plan& plan, const PoolOptions& options)
      : options_(options), seed_(plan.seed), world_(make_world(options.backend)), identities_(plan.seed) {}

  /// Appends the trial's record, after its recording when it is to be kept. How late its packets were.
  Duration run(const trial::Cell& cell, std::uint64_t trial, std::vector<std::uint8_t>& out) {
    const auto options = world_options(options_, cell.index, trial);
    const auto record = options_.recordings != Recordings::none ? recorded(cell, trial, options, out)
                        : trial::has_agents(cell)  // which only the lab can model
                            ? agents::run_pair(lab(), cell, agents::own_programs(), seed_, trial, options)
                            : run_trial(*world_, cell, identities_, seed_, trial, options, &relay_);
    results::encode(record, out);
    return record.late_p99.value_or(Duration{0});
  }

 private:
  lab::LabWorld& lab() { return dynamic_cast<lab::LabWorld&>(*world_); }

  results::TrialRecord recorded(const trial::Cell& cell, std::uint64_t trial, const trial::WorldOptions& options,
                                std::vector<std::uint8_t>& out) {
    const explain::RecordOptions how{options, &relay_, kMostOfARecording};
    auto recording = trial::has_agents(cell)
                         ? agents::record_pair(lab(), cell, agents::own_programs(), seed_, trial, how)
                         : explain::record(*world_, cell, identities_, seed_, trial, how);
    if (is_kept(recording.record)) {
      explain::sort_events(recording);
      results::encode(results::Attachment{results::pack(explain::to_bytes(recording))}, out);
    }
    return std::move(recording.record);
  }

  bool is_kept(const results::TrialRecord& record) const {
    return options_.recordings == Recordings::all || record.trial < kFirstRecorded || !record.reason.empty();
  }

  const PoolOptions& options_;
  std::uint64_t seed_;
  std::unique_ptr<trial::World> world_;
  trial::Identities identities_;
  trial::RelayHost relay_;
};

/// A trial's turn, from when it comes until it has run.
class Turn {
 public:
  explicit Turn(Admission* admission) : admission_(admission) {
    if (admission_ == nullptr) return;
    ticket_ = admission_->take_ticket();
    while (!admission_->may_run(ticket_)) std::this_thread::sleep_for(kLook);
  }
  void end(Duration late) {
    if (admission_ != nullptr) admission_->leave(ticket_, late > kLateTrial);
  }

 private:
  static constexpr std::chrono::milliseconds kLook{20};  ///< between two looks whether it has come
  Admission* admission_;
  std::uint32_t ticket_ = 0;
};

bool work(const trial::Plan& plan, const Schedule& items, WorkerShare share, const PoolOptions& options, int fd) {
  std::optional<Work> work;  // made in the first turn: a lab takes as much of the machine as a trial
  std::vector<std::uint8_t> out;
  auto flushed = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items.is_for(i, share.worker, share.workers)) continue;
    const auto [position, index] = items[i];
    Turn turn(share.admission);
    if (!work) work.emplace(plan, options);
    turn.end(work->run(plan.cells[position], index, out));
    const auto now = std::chrono::steady_clock::now();
    if (out.size() < kFlushBytes && now - flushed < kFlushAge) continue;
    if (!write_all(fd, out)) return false;
    flushed = now;
  }
  return write_all(fd, out);
}

}  // namespace

void run_worker(const trial::Plan& plan, const Schedule& items, WorkerShare share, const PoolOptions& options, int fd,
                pid_t parent) {
  // A terminal or a service manager tells the whole group; the parent decides and ends us.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(3);
  int status = 3;
  try {
    if (work(plan, items, share, options, fd)) status = 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "punchlab: worker: {}\n", error.what());
  }
  _exit(status);
}

}  // namespace punchlab::runner
