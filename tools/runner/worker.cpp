#include "tools/runner/worker.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>

#include "net/agents/pair_trial.hpp"
#include "results/record/wire.hpp"
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

bool work(const trial::Plan& plan, const Schedule& items, WorkerShare share, const PoolOptions& options,
          int fd) {
  const auto world = make_world(options.backend);
  const trial::Identities identities(plan.seed);
  trial::RelayHost relay;
  std::vector<std::uint8_t> out;
  auto flushed = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items.is_for(i, share.worker, share.workers)) continue;
    const auto [position, index] = items[i];
    const auto& cell = plan.cells[position];
    const auto world_of_trial = world_options(options, cell.index, index);
    if (trial::has_agents(cell))  // which only the lab can model
      results::encode(agents::run_pair(dynamic_cast<lab::LabWorld&>(*world), cell, agents::own_programs(), plan.seed, index,
                                       world_of_trial),
                      out);
    else
      results::encode(run_trial(*world, cell, identities, plan.seed, index, world_of_trial, &relay), out);
    const auto now = std::chrono::steady_clock::now();
    if (out.size() < kFlushBytes && now - flushed < kFlushAge) continue;
    if (!write_all(fd, out)) return false;
    flushed = now;
  }
  return write_all(fd, out);
}

}  // namespace

void run_worker(const trial::Plan& plan, const Schedule& items, WorkerShare share, const PoolOptions& options,
                int fd, pid_t parent) {
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
