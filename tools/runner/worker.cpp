#include "tools/runner/worker.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "results/record/wire.hpp"
#include "tools/runner/run_trial.hpp"

namespace punchlab::runner {
namespace {

/// Records go out together when this many bytes have collected, and at the end.
constexpr std::size_t kFlush = 4096;

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

trial::WorldOptions world_options(const PoolOptions& options, const Item& item) {
  trial::WorldOptions world;
  if (options.pcap) world.pcap = *options.pcap / fmt::format("cell{}-trial{}", item.cell, item.trial);
  return world;
}

bool work(const trial::Plan& plan, const std::vector<Item>& items, WorkerShare share, const PoolOptions& options, int fd) {
  const auto world = make_world(options.backend);
  const trial::Identities identities(plan.seed);
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!is_for(i, share.worker, share.workers)) continue;
    const auto& cell = plan.cells[items[i].cell];
    const auto record =
        run_trial(*world, cell, identities, plan.seed, items[i].trial, world_options(options, items[i]));
    results::encode(record, out);
    if (out.size() >= kFlush && !write_all(fd, out)) return false;
  }
  return write_all(fd, out);
}

}  // namespace

void run_worker(const trial::Plan& plan, const std::vector<Item>& items, WorkerShare share, const PoolOptions& options,
                int fd, pid_t parent) {
  signal(SIGINT, SIG_IGN);  // the parent hears Ctrl-C and ends us
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
