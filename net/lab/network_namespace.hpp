#pragma once
// Network namespaces that exist only as open descriptors: none has a name, a process or a link to the machine's
// network.
#include <optional>
#include <string>

#include "net/lab/file_descriptor.hpp"

namespace punchlab::lab {

/// Moves this process, which must have one thread, into a user namespace and an empty network namespace of its own, for
/// good; further calls give the answer of the first. Returns what the machine does not allow and how to allow it.
std::optional<std::string> enter_lab();

class NetworkNamespace {
 public:
  /// A new one. Only after `enter_lab`; throws std::system_error when the kernel refuses.
  NetworkNamespace();

  int descriptor() const { return self_.get(); }
  /// Tells it from all others that there are, in digits.
  std::string number() const;
  /// The lab's own namespace.
  int home() const { return home_.get(); }

  /// Runs `work` with this thread inside: sockets and devices that it opens belong to this namespace.
  template <class Work>
  auto inside(Work&& work) const {
    const Visit visit(*this);
    return work();
  }

 private:
  struct Visit {
    explicit Visit(const NetworkNamespace& there);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    int home;
  };

  FileDescriptor home_;
  FileDescriptor self_;
};

/// Throws std::system_error with errno and `what`.
[[noreturn]] void throw_errno(const char* what);

}  // namespace punchlab::lab
