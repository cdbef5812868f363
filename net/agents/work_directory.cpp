#include "net/agents/work_directory.hpp"

#include <sched.h>
#include <sys/mount.h>

#include "net/lab/network_namespace.hpp"

namespace punchlab::agents {
namespace {

/// Programs expect it, and nobody keeps programs there.
constexpr char kPlace[] = "/dev/shm";
/// A browser's profile is tens of megabytes; a flood of output ends here.
constexpr char kRoom[] = "size=256m,mode=0700";

bool mount_place() {
  if (unshare(CLONE_NEWNS) != 0) lab::throw_errno("make a mount namespace");
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) lab::throw_errno("make mounts private");
  if (mount("punchlab", kPlace, "tmpfs", MS_NOSUID | MS_NODEV, kRoom) != 0) lab::throw_errno("mount a tmpfs on /dev/shm");
  return true;
}

}  // namespace

WorkDirectory::WorkDirectory() : path_(std::filesystem::path(kPlace) / "punchlab") {
  [[maybe_unused]] static const bool mounted = mount_place();
  std::filesystem::remove_all(path_);
  std::filesystem::create_directory(path_);
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace punchlab::agents
