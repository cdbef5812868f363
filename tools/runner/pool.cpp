#include "tools/runner/pool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <variant>

#include "results/record/wire.hpp"
#include "tools/runner/worker.hpp"

namespace punchlab::runner {
namespace {

using End = PoolResult::End;

constexpr int kIdle = 100;  ///< milliseconds without a record after which the sink hears of it

struct Worker {
  pid_t pid = -1;
  int fd = -1;  ///< records come out of it; -1 once it has ended
  results::FrameDecoder decoder;
};

/// Waits for the end of a child, however many signals come in between. Its wait status.
int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// The children; whatever happens, none outlives this object.
class Children {
 public:
  ~Children() {
    for (auto& worker : workers) {
      if (worker.pid > 0) kill(worker.pid, SIGKILL);
      if (worker.fd >= 0) close(worker.fd);
      if (worker.pid > 0) wait_for(worker.pid);
    }
  }
  std::vector<Worker> workers;
};

/// The workers that have something to do.
unsigned useful_workers(const Schedule& items, unsigned jobs) {
  return static_cast<unsigned>(std::min<std::size_t>(items.chunks(), std::max(jobs, 1U)));
}

/// What workers of a run in real time share; null for others.
class SharedAdmission {
 public:
  explicit SharedAdmission(const PoolOptions& options) {
    if (!is_real(options.backend)) return;
    auto* memory = mmap(nullptr, sizeof(Admission), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;  // without it they all run at once
    const auto most = std::max(options.jobs, 1U);
    const auto least =
        options.least_at_once > 0 ? options.least_at_once : kLeastAtOnce * default_jobs(Backend::memory);
    admission_ = new (memory) Admission(std::min(most, least), most);
  }
  ~SharedAdmission() {
    if (admission_ != nullptr) munmap(admission_, sizeof(Admission));
  }
  SharedAdmission(const SharedAdmission&) = delete;
  SharedAdmission& operator=(const SharedAdmission&) = delete;
  Admission* get() const { return admission_; }

 private:
  Admission* admission_ = nullptr;
};

/// Empty when all workers run; else what went wrong.
std::string start(Children& children, const trial::Plan& plan, const Schedule& items, const PoolOptions& options,
                  Admission* admission) {
  const unsigned workers = useful_workers(items, options.jobs);
  for (unsigned w = 0; w < workers; ++w) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return fmt::format("cannot make a pipe: {}", std::strerror(errno));
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
      const int error = errno;
      close(pipe_ends[0]);
      close(pipe_ends[1]);
      return fmt::format("cannot start a worker process: {}", std::strerror(error));
    }
    if (pid == 0) {
      close(pipe_ends[0]);
      for (const auto& other : children.workers) close(other.fd);
      run_worker(plan, items, {w, workers, admission}, options, pipe_ends[1], parent);
    }
    close(pipe_ends[1]);
    children.workers.push_back({pid, pipe_ends[0], {}});
  }
  return {};
}

/// Nothing when all is well; else how the run ends.
std::optional<PoolResult> take_records(Worker& worker, const PoolSink& sink) {
  for (;;) {
    auto frame = worker.decoder.next();
    if (std::holds_alternative<results::NeedMore>(frame)) return std::nullopt;
    if (const auto* corrupt = std::get_if<results::CorruptFrame>(&frame))
      return PoolResult{End::worker_died, fmt::format("a worker sent a corrupt record: {}", corrupt->what)};
    if (auto* attachment = std::get_if<results::Attachment>(&frame)) {
      if (sink.recording) sink.recording(std::move(attachment->bytes));
      continue;
    }
    if (!sink.record(std::move(std::get<results::TrialRecord>(frame)))) return PoolResult{End::refused, {}};
  }
}

std::optional<PoolResult> end_of(Worker& worker) {
  close(worker.fd);
  worker.fd = -1;
  const int status = wait_for(worker.pid);
  worker.pid = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && worker.decoder.pending() == 0) return std::nullopt;
  if (WIFSIGNALED(status))
    return PoolResult{End::worker_died, fmt::format("a worker process was ended by signal {} ({})", WTERMSIG(status),
                                                    strsignal(WTERMSIG(status)))};
  return PoolResult{End::worker_died, "a worker process gave up; its message is above"};
}

std::optional<PoolResult> read_from(Worker& worker, const PoolSink& sink) {
  std::array<std::uint8_t, 65536> buffer;
  const auto n = read(worker.fd, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR ? std::nullopt : end_of(worker);
  if (n == 0) return end_of(worker);
  worker.decoder.feed({buffer.data(), static_cast<std::size_t>(n)});
  return take_records(worker, sink);
}

std::vector<pollfd> open_pipes(const Children& children) {
  std::vector<pollfd> pipes;
  for (const auto& worker : children.workers) pipes.push_back({worker.fd, POLLIN, 0});
  return pipes;
}

bool any_open(const Children& children) {
  return std::any_of(children.workers.begin(), children.workers.end(), [](const auto& w) { return w.fd >= 0; });
}

}  // namespace

PoolResult run_pool(const trial::Plan& plan, const Schedule& items, const PoolOptions& options, const PoolSink& sink,
                    const volatile std::sig_atomic_t& stop) {
  if (items.empty()) return {};
  const SharedAdmission admission(options);
  Children children;
  if (auto error = start(children, plan, items, options, admission.get()); !error.empty())
    return {End::worker_died, std::move(error)};
  while (any_open(children)) {
    auto pipes = open_pipes(children);
    const int ready = poll(pipes.data(), pipes.size(), kIdle);
    if (stop) return {End::interrupted, {}};
    if (ready == 0 && !sink.idle()) return {End::refused, {}};
    if (ready <= 0) continue;
    for (std::size_t i = 0; i < pipes.size(); ++i)
      if (pipes[i].revents != 0)
        if (auto end = read_from(children.workers[i], sink)) return *end;
  }
  return {};
}

}  // namespace punchlab::runner
