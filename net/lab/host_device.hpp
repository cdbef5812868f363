#pragma once
// The wire between a host's stack and the lab: whole IPv4 packets out of the stack and into it. Two kinds: a TUN
// device, or, where /dev/net/tun is closed to the user, a veth pair whose other end the lab reads and writes with
// AF_PACKET.
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "net/lab/network_namespace.hpp"
#include "protocol/base/bytes.hpp"

namespace punchlab::lab {

/// Somebody took a host's interface down, or away.
struct InterfaceDown : std::runtime_error {
  InterfaceDown() : std::runtime_error("the interface of a host is down") {}
};

class HostDevice {
 public:
  virtual ~HostDevice() = default;
  /// Readable when packets wait.
  virtual int descriptor() const = 0;
  /// The next packet that the stack sent to the outside, valid until the next call; nothing when none waits. Throws
  /// InterfaceDown when it can tell.
  virtual std::optional<Bytes> read() = 0;
  /// A packet from the outside enters the stack, at the latest at `flush`. A stack without room drops it, as any host
  /// does. Throws InterfaceDown when it can tell.
  virtual void write(Bytes packet) = 0;
  virtual void flush() = 0;
};

enum class DeviceKind { tun, veth };

/// TUN when this user may open /dev/net/tun, else veth, which needs nothing but the namespaces.
DeviceKind possible_device();

/// A new device of `host`, up, with no addresses, called `name` there; names in one host differ in their first letters.
/// `queue` packets wait in it until the lab reads them. Only after `enter_lab`; throws std::system_error, whose text
/// says what to allow.
std::unique_ptr<HostDevice> make_device(DeviceKind kind, const NetworkNamespace& host, const std::string& name,
                                        int queue);
std::unique_ptr<HostDevice> make_tun_device(const NetworkNamespace& host, const std::string& name, int queue);
std::unique_ptr<HostDevice> make_veth_device(const NetworkNamespace& host, const std::string& name, int queue);

}  // namespace punchlab::lab
