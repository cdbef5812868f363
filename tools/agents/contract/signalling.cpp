#include "tools/agents/contract/signalling.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace punchlab::contract {
namespace {

int checked(int fd, const std::string& what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

}  // namespace

Signalling::Signalling(std::string directory, std::string name, std::string peer)
    : directory_(std::move(directory)), name_(std::move(name)), peer_(std::move(peer)) {
  watch_ = checked(inotify_init1(IN_NONBLOCK | IN_CLOEXEC), "inotify");
  checked(inotify_add_watch(watch_, directory_.c_str(), IN_CREATE | IN_MODIFY | IN_MOVED_TO), directory_);
  const auto out = directory_ + "/" + name_ + ".out";
  out_ = checked(open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), out);
}

Signalling::~Signalling() {
  for (const int fd : {watch_, out_, in_})
    if (fd >= 0) close(fd);
}

void Signalling::clear() {
  std::array<char, 4096> events;
  while (read(watch_, events.data(), events.size()) > 0) continue;
}

void Signalling::mark(const std::string& file) {
  const auto path = directory_ + "/" + file;
  close(checked(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), path));
}

bool Signalling::exists(const std::string& file) const {
  return access((directory_ + "/" + file).c_str(), F_OK) == 0;
}

void Signalling::say(const std::string& line) {
  const auto whole = line + "\n";
  checked(static_cast<int>(write(out_, whole.data(), whole.size())), "write a line");
}

std::vector<std::string> Signalling::heard() {
  std::vector<std::string> lines;
  if (in_ < 0) in_ = open((directory_ + "/" + name_ + ".in").c_str(), O_RDONLY | O_CLOEXEC);
  if (in_ < 0) return lines;
  std::array<char, 4096> buffer;
  for (ssize_t n; (n = read(in_, buffer.data(), buffer.size())) > 0;)
    rest_.append(buffer.data(), static_cast<std::size_t>(n));
  for (std::size_t end; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1))
    lines.push_back(rest_.substr(0, end));
  return lines;
}

}  // namespace punchlab::contract
