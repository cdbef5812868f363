#pragma once
// Making and configuring TUN devices, by ioctl (Documentation/networking/tuntap.rst, netdevice(7)). A host has one.
#include "net/lab/file_descriptor.hpp"
#include "protocol/base/address.hpp"

namespace punchlab::lab {

inline constexpr char kHostDevice[] = "access";

/// A new device in the current network namespace that gives and takes whole IP packets; reads do not block. Throws
/// std::system_error, whose text says what to allow.
FileDescriptor open_tun(const char* device = kHostDevice);

/// A socket of the current network namespace, for the calls below.
FileDescriptor open_control();
/// Brings up the loopback interface and the device, with room for the largest datagram in one packet.
void bring_up(int control, const char* device = kHostDevice);
/// Makes `address` the `n`th IPv4 address of the device; the unspecified address removes it.
void set_address(int control, std::size_t n, const IpAddress& address, const char* device = kHostDevice);
/// Sends everything that is not the host's own into the device.
void route_everything(int control, const char* device = kHostDevice);
/// Sends what is for `host` into the device.
void route_host(int control, const IpAddress& host, const char* device);

}  // namespace punchlab::lab
