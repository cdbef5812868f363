#pragma once
// A program inside a host of the lab: a process with its children in a PID and a mount namespace of their own (/proc
// and /sys show the host's), all of which end with this object, however this process ends.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/lab/network_namespace.hpp"

namespace punchlab::lab {

class Program {
 public:
  /// Starts `body` in a child of this process; what it returns is its exit status. Throws std::system_error. Only after
  /// `enter_lab`.
  Program(const NetworkNamespace& host, const std::function<int()>& body);
  Program(Program&& other) noexcept : keeper_(std::exchange(other.keeper_, -1)), status_(other.status_), lifeline_(std::move(other.lifeline_)) {}
  ~Program();

  /// Its exit status once it has ended, 128 + the signal that ended it; nothing while it runs. SIGCHLD tells when.
  std::optional<int> ended();

 private:
  int keeper_ = -1;  ///< first process of the PID namespace; -1 once it has ended
  std::optional<int> status_;
  FileDescriptor lifeline_;  ///< closes with this process
};

/// Replaces this process with `command`, found in PATH; returns 127 when there is no such program and 126 when it cannot
/// be run, after a line on stderr.
int execute(const std::vector<std::string>& command);

}  // namespace punchlab::lab
