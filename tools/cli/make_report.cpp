#include "tools/cli/make_report.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstring>

extern char** environ;

namespace punchlab::cli {
namespace {

/// Debian's own interpreter: the packages that the report needs are installed for it.
constexpr const char* kPython = "/usr/bin/python3";
constexpr const char* kScript = PUNCHLAB_SOURCE_DIR "/results/report/report.py";

/// The exit status, or -1 when it could not be started or was killed.
int run_python(const std::string& run) {
  std::string python = kPython, script = kScript, folder = run;
  char* arguments[] = {python.data(), script.data(), folder.data(), nullptr};
  pid_t pid = 0;
  if (posix_spawn(&pid, kPython, nullptr, nullptr, arguments, environ) != 0) return -1;
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace

std::string make_report(const std::filesystem::path& run, bool* ok) {
  const int status = run_python(run.string());
  if (ok != nullptr) *ok = status == 0;
  if (status == 0) return (run / "report.html").string();
  return fmt::format("not made (see above); needs the packages python3-matplotlib, python3-jinja2 and python3-numpy; then: "
                     "punchlab report {}",
                     run.string());
}

}  // namespace punchlab::cli
