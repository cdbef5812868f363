#include "tools/cli/make_report.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tools/cli/interrupt.hpp"
#include "tools/cli/run_options.hpp"

namespace punchlab::cli {
namespace {

/// Debian's own interpreter: the packages that the report needs are installed for it.
constexpr const char* kPython = "/usr/bin/python3";
constexpr const char* kScript = PUNCHLAB_SOURCE_DIR "/results/report/report.py";

/// Starts it in a process group of its own, which an interrupt can end as a whole, and without our stdout, which is
/// for results. -1 when it could not be started.
pid_t start_python(const std::string& run) {
  std::string python = kPython, script = kScript, folder = run;
  char* arguments[] = {python.data(), script.data(), folder.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = -1;
  if (posix_spawn(&pid, kPython, &files, &attributes, arguments, environ) != 0) pid = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

/// The exit status, or -1 when it could not be started or was killed.
int run_python(const std::string& run) {
  const pid_t pid = start_python(run);
  if (pid < 0) return -1;
  if (interrupted) kill(-pid, SIGTERM);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    if (interrupted) kill(-pid, SIGTERM);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Report make_report(const std::filesystem::path& run) {
  const int status = run_python(run.string());
  if (status == 0) return {kFine, run / "report.html", {}};
  const auto again = fmt::format("punchlab report {}", quoted(run.string()));
  if (interrupted) return {kInterrupted, {}, "interrupted; the run is complete, its report is not made: " + again};
  if (status == kWrongUsage) return {kWrongUsage, {}, fmt::format("no report of {}", run.string())};
  return {kMachineLacks,
          {},
          fmt::format("the report was not made (needs python3-matplotlib, python3-jinja2, python3-numpy); then: {}",
                      again)};
}

}  // namespace punchlab::cli
