#pragma once
// What only rtnetlink(7) does to interfaces.
#include <cstdint>
#include <string>

namespace punchlab::lab {

/// A new pair of interfaces: `here` in the current namespace, `there` in the namespace that is open as `there_fd`; both
/// down, without addresses. The pair goes with either namespace. Throws std::system_error.
void make_veth_pair(const std::string& here, const std::string& there, int there_fd);

/// Packets that wait for transmission on an interface of the current namespace at most. Throws std::system_error. (The
/// ioctl for it asks for rights over the whole machine.)
void set_queue_length(const std::string& name, std::uint32_t packets);

}  // namespace punchlab::lab
