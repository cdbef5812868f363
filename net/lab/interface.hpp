#pragma once
// Configuring the interfaces of a network namespace, by ioctl (netdevice(7), rtnetlink(7)).
#include <string>

#include "net/lab/file_descriptor.hpp"
#include "protocol/base/address.hpp"

namespace punchlab::lab {

/// Name of a host's own interface.
inline constexpr char kHostInterface[] = "access";

/// A socket of the current network namespace, for the calls below, which throw std::system_error.
FileDescriptor open_control();
/// Brings up the loopback interface and `device`, with room for the largest datagram in one packet. `arp` false: an
/// interface that needs no neighbours' addresses.
void bring_up(int control, const std::string& device, bool arp = true);
/// In the current network namespace.
void take_down(const std::string& name);
bool is_up(int control, const std::string& name);
/// Makes `address` the `n`th IPv4 address of the host's own interface; the unspecified address removes it.
void set_address(int control, std::size_t n, const IpAddress& address);
/// Sends everything that is not the namespace's own and has no route of its own into the device.
void route_everything(int control, const std::string& device = kHostInterface);
/// Sends packets to `host` into the device.
void route_host(int control, const IpAddress& host, const std::string& device);

}  // namespace punchlab::lab
