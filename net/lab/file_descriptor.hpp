#pragma once
#include <unistd.h>

#include <utility>

namespace punchlab::lab {

/// Owns one open file; everything the lab makes in the kernel hangs on such descriptors and ends with the process.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }

  /// -1 when nothing is open.
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace punchlab::lab
