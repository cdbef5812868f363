#pragma once
// What only rtnetlink(7) does to interfaces.
#include <cstdint>
#include <string>

#include "protocol/base/address.hpp"

namespace punchlab::lab {

/// A new pair of interfaces: `here` in the current namespace, `there` in the namespace that is open as `there_fd`; both
/// down, without addresses. The pair goes with either namespace. Throws std::system_error.
void make_veth_pair(const std::string& here, const std::string& there, int there_fd);

/// Packets that wait for transmission on an interface of the current namespace at most. Throws std::system_error. (The
/// ioctl for it asks for rights over the whole machine.)
void set_queue_length(const std::string& name, std::uint32_t packets);

/// Gives an interface of the current namespace an IPv4 address of one host (/32). Throws std::system_error. (The ioctls
/// set an address with its class's length, take it away and set it again; and when an address goes, the kernel forgets
/// the flows that masquerade made, some milliseconds later.)
void add_address(const std::string& device, const IpAddress& address);

}  // namespace punchlab::lab
