#include "results/store/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "results/store/files.hpp"

namespace punchlab::results {

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  const auto path = folder / ".lock";
  FolderLock lock;
  lock.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock.fd_ < 0) return io_error("cannot write", path, errno);
  struct flock whole_file {};
  whole_file.l_type = F_WRLCK;
  whole_file.l_whence = SEEK_SET;
  if (::fcntl(lock.fd_, F_SETLK, &whole_file) == 0) return lock;
  if (errno != EACCES && errno != EAGAIN) return io_error("cannot lock", path, errno);
  return Error{Error::Kind::busy, fmt::format("another process is writing to the run {}", folder.string())};
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace punchlab::results
