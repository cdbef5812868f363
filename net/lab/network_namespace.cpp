#include "net/lab/network_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

namespace punchlab::lab {
namespace {

bool write_file(const char* path, std::string_view text) {
  const FileDescriptor file(open(path, O_WRONLY | O_CLOEXEC));
  return file.get() >= 0 && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Root inside is the user outside, so that the lab can do nothing that the user could not.
bool map_ids(uid_t user, gid_t group) {
  return write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1") &&
         write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
}

std::string refusal(const char* what) {
  return std::string(what) + ": " + std::strerror(errno) +
         ". The sockets backend needs user namespaces; allow them with: sysctl -w user.max_user_namespaces=10000, and "
         "where "
         "these exist: kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0";
}

std::optional<std::string> enter() {
  const auto user = getuid();
  const auto group = getgid();
  const auto parent = getppid();
  int death_signal = 0;
  prctl(PR_GET_PDEATHSIG, &death_signal);
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return refusal("cannot make namespaces");
  if (!map_ids(user, group)) return refusal("cannot map the user into its namespace");
  prctl(PR_SET_PDEATHSIG, death_signal);  // new credentials may have cleared it
  if (death_signal != 0 && getppid() != parent) raise(death_signal);  // it died in between
  return std::nullopt;
}

FileDescriptor current_namespace() {
  FileDescriptor file(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw_errno("open a network namespace");
  return file;
}

}  // namespace

void throw_errno(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::optional<std::string> enter_lab() {
  static const auto answer = enter();
  return answer;
}

NetworkNamespace::NetworkNamespace() : home_(current_namespace()) {
  if (unshare(CLONE_NEWNET) != 0) throw_errno("make a network namespace (the machine's limit is sysctl user.max_net_namespaces)");
  self_ = current_namespace();
  if (setns(home_.get(), CLONE_NEWNET) != 0) throw_errno("leave a network namespace");
}

std::string NetworkNamespace::number() const {
  struct stat about {};
  if (fstat(self_.get(), &about) != 0) throw_errno("look at a network namespace");
  return std::to_string(about.st_ino);
}

NetworkNamespace::Visit::Visit(const NetworkNamespace& there) : home(there.home_.get()) {
  if (setns(there.self_.get(), CLONE_NEWNET) != 0) throw_errno("enter a network namespace");
}

NetworkNamespace::Visit::~Visit() {
  // Going on in the wrong namespace would mix up hosts.
  if (setns(home, CLONE_NEWNET) != 0) std::abort();
}

}  // namespace punchlab::lab
