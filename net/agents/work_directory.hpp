#pragma once
// Where drivers and lab exchange files: a file system in memory that only this process and its children see, and that
// the kernel drops with the last of them.
#include <filesystem>

namespace punchlab::agents {

class WorkDirectory {
 public:
  /// Empty. Moves this process into a mount namespace of its own, for good. Only after `lab::enter_lab`, and one at a
  /// time; throws std::system_error.
  WorkDirectory();
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace punchlab::agents
