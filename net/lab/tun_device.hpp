#pragma once
// Making TUN devices (Documentation/networking/tuntap.rst).
#include "net/lab/file_descriptor.hpp"

namespace punchlab::lab {

/// A new device in the current network namespace that gives and takes whole IP packets; reads do not block. Throws
/// std::system_error.
FileDescriptor open_tun(const char* device);

}  // namespace punchlab::lab
