#pragma once
// One writer per run folder.
#include <filesystem>
#include <utility>

#include "results/store/result.hpp"

namespace punchlab::results {

/// A POSIX record lock on `.lock` in the folder. It belongs to the process: it ends with it, also by kill -9, and
/// worker processes forked from it do not hold it.
class FolderLock {
 public:
  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FolderLock();

  /// Error::Kind::busy when another process holds it.
  static Result<FolderLock> take(const std::filesystem::path& folder);

 private:
  int fd_ = -1;
};

}  // namespace punchlab::results
