#include "net/lab/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace punchlab::lab {
namespace {

int status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/// What looks at the system sees the host. Some containers forbid this; programs run without it, too.
void show_the_host() {
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
  mount("proc", "/proc", "proc", kFlags, nullptr);
  mount("sysfs", "/sys", "sysfs", kFlags, nullptr);
}

[[noreturn]] void run_body(const std::function<int()>& body) {
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGPIPE}) signal(number, SIG_DFL);
  const int status = body();
  std::fflush(nullptr);
  _exit(status);
}

/// The life of the keeper: when it ends, the kernel ends all that is left in its PID namespace.
[[noreturn]] void keep(const NetworkNamespace& host, const std::function<int()>& body, int lifeline) {
  for (const int number : {SIGINT, SIGQUIT, SIGTERM}) signal(number, SIG_IGN);  // the program decides
  signal(SIGCHLD, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd parent{lifeline, 0, 0};
  if (poll(&parent, 1, 0) != 0) _exit(1);  // it died before the line above
  close(lifeline);
  if (setns(host.descriptor(), CLONE_NEWNET) != 0) _exit(1);
  show_the_host();
  const pid_t program = fork();
  if (program < 0) _exit(1);
  if (program == 0) run_body(body);
  for (;;) {
    int status = 0;
    const pid_t ended = wait(&status);
    if (ended == program) _exit(status_of(status));
    if (ended < 0 && errno != EINTR) _exit(1);
  }
}

}  // namespace

Program::Program(const NetworkNamespace& host, const std::function<int()>& body) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw_errno("make a pipe");
  const FileDescriptor reader(ends[0]);
  lifeline_ = FileDescriptor(ends[1]);
  std::fflush(nullptr);
  const auto child = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child < 0) throw_errno("start a program in the lab");
  if (child == 0) {
    close(ends[1]);
    keep(host, body, ends[0]);
  }
  keeper_ = static_cast<int>(child);
}

Program::~Program() {
  if (keeper_ < 0) return;
  kill(keeper_, SIGKILL);
  while (waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) continue;
}

std::optional<int> Program::ended() {
  int status = 0;
  if (keeper_ < 0 || waitpid(keeper_, &status, WNOHANG) != keeper_) return status_;
  keeper_ = -1;
  status_ = status_of(status);
  return status_;
}

int execute(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  const int error = errno;
  std::fprintf(stderr, "punchlab: cannot run %s: %s\n", arguments[0], std::strerror(error));
  return error == ENOENT ? 127 : 126;
}

}  // namespace punchlab::lab
