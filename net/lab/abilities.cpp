#include "net/lab/abilities.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "net/lab/file_descriptor.hpp"
#include "net/lab/lab_world.hpp"

namespace punchlab::lab {
namespace {

constexpr char kFine = '+';

/// The life of the child: an answer of "+", or of what is missing.
[[noreturn]] void answer(int fd, std::optional<std::string> (*further)()) {
  signal(SIGINT, SIG_IGN);  // the parent is asked to stop, and waits for this answer first
  signal(SIGTERM, SIG_IGN);
  signal(SIGALRM, SIG_DFL);
  alarm(kProbeSeconds);
  const auto made = make_lab_world();
  const auto* error = std::get_if<std::string>(&made);
  const auto more = error == nullptr && further != nullptr ? further() : std::nullopt;
  const std::string text = error != nullptr ? *error : more.value_or(std::string(1, kFine));
  [[maybe_unused]] const auto written = write(fd, text.data(), text.size());
  _exit(0);
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 512> buffer;
  for (;;) {
    const auto n = read(fd, buffer.data(), buffer.size());
    if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) return text;
  }
}

}  // namespace

std::optional<std::string> machine_lacks(std::optional<std::string> (*further)()) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::string("cannot make a pipe: ") + std::strerror(errno);
  const FileDescriptor reader(ends[0]);
  const pid_t child = fork();
  if (child == 0) answer(ends[1], further);
  close(ends[1]);
  if (child < 0) return std::string("cannot start a process: ") + std::strerror(errno);
  auto text = read_all(reader.get());
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  if (text == std::string(1, kFine)) return std::nullopt;
  if (text.empty()) text = "building namespaces took more than " + std::to_string(kProbeSeconds) + " s";
  return text;
}

std::optional<std::string> cannot_model(const trial::Cell& cell) {
  if (!trial::has_only_wires(cell)) return "the sockets backend models wires only, not Wi-Fi or shared bottlenecks";
  return std::nullopt;
}

}  // namespace punchlab::lab
