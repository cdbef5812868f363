#include "tools/cli/python.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "tools/cli/interrupt.hpp"

namespace punchlab::cli {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

/// In a process group of its own, which an interrupt can end as a whole. -1 when it could not be started.
pid_t start(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = -1;
  if (posix_spawn(&pid, kPython, &files, &attributes, arguments.data(), environ) != 0) pid = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

}  // namespace

int run_python(const std::string& script, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{kPython, std::string(PUNCHLAB_SOURCE_DIR) + "/" + script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::error_code code;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", code);
  if (!code) setenv("PUNCHLAB", self.c_str(), 1);  // scripts ask the same program to explain trials
  const pid_t pid = start(std::move(words));
  if (pid < 0) return -1;
  if (interrupted) kill(-pid, SIGTERM);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    if (interrupted) kill(-pid, SIGTERM);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace punchlab::cli
