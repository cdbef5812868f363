#include "results/store/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace punchlab::results {
namespace {

/// 0, or the errno of the step that failed.
int write_and_sync(const char* path, std::string_view content) {
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return errno;
  int failure = 0;
  while (failure == 0 && !content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n >= 0) content.remove_prefix(static_cast<std::size_t>(n));
    if (n < 0 && errno != EINTR) failure = errno;
  }
  if (failure == 0 && ::fsync(fd) != 0) failure = errno;
  if (::close(fd) != 0 && failure == 0) failure = errno;
  return failure;
}

}  // namespace

Error io_error(std::string_view doing, const std::filesystem::path& path, int number) {
  return {Error::Kind::io, fmt::format("{} {}: {}", doing, path.string(), std::strerror(number))};
}

Status replace_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path part = path.string() + ".part";
  if (const int failure = write_and_sync(part.c_str(), content); failure != 0) {
    ::unlink(part.c_str());
    return io_error("cannot write", path, failure);
  }
  if (::rename(part.c_str(), path.c_str()) != 0) return io_error("cannot write", path, errno);
  return std::nullopt;
}

Result<std::string> read_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error("cannot read", path, errno);
  std::string content;
  std::array<char, 65536> chunk;
  ssize_t n = 0;
  while ((n = ::read(fd, chunk.data(), chunk.size())) > 0 || (n < 0 && errno == EINTR)) {
    if (n > 0) content.append(chunk.data(), static_cast<std::size_t>(n));
  }
  const int failure = errno;
  ::close(fd);
  if (n < 0) return io_error("cannot read", path, failure);
  return content;
}

}  // namespace punchlab::results
