#pragma once
// One host of the lab: a real Linux IPv4 stack in a network namespace, whose only way out is a device that the lab
// holds the other end of, and the UDP sockets that the host's programs have open in it.
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "net/lab/host_device.hpp"
#include "protocol/base/address.hpp"
#include "protocol/base/bytes.hpp"

namespace punchlab::lab {

/// A program that is not the lab's has the port.
struct PortInUse {};

class HostStack {
 public:
  /// Open sockets per host at most: more datagrams from or to further ports are dropped.
  static constexpr std::size_t kSockets = 64;

  /// Makes the namespace and the device, in which `queue` packets wait at most; throws std::system_error.
  HostStack(DeviceKind kind, int queue);

  /// As new, with these IPv4 addresses: no open sockets, nothing on the device. Throws std::system_error, InterfaceDown.
  void reset(const std::vector<IpAddress>& addresses);
  void close_sockets() { sockets_.clear(); }
  bool owns(const IpAddress& address) const;

  /// Index of the host's socket that is bound to `local`, one of its addresses, opened when there is none yet; nothing
  /// when the kernel or kSockets refuses. Throws PortInUse.
  std::optional<std::size_t> socket_at(const TransportAddress& local);
  /// Throws PortInUse when a program has `local`, of UDP or TCP.
  void demand_port(const TransportAddress& local) const;
  const TransportAddress& local_of(std::size_t socket) const { return sockets_[socket].local; }
  std::size_t socket_count() const { return sockets_.size(); }
  int fd_of(std::size_t socket) const { return sockets_[socket].file.get(); }

  /// One datagram through the host's stack; `ttl` 0 leaves the stack's default. False when the stack refuses it.
  bool send(std::size_t socket, const TransportAddress& destination, std::uint8_t ttl, Bytes payload);
  struct Received {
    TransportAddress source;
    std::size_t size = 0;
  };
  /// The next datagram that the stack gave to `socket`; nothing when none waits.
  std::optional<Received> receive(std::size_t socket, MutableBytes buffer);

  /// The next IPv4 packet that the stack sends to the outside from an address of its own; nothing when none waits.
  std::optional<Bytes> read_packet();
  /// Where packets from the outside enter the stack.
  HostDevice& device() { return *device_; }
  /// Unless somebody took the interface down, or away.
  bool is_up() const;

  const NetworkNamespace& network_namespace() const { return namespace_; }

 private:
  struct Socket {
    TransportAddress local;
    FileDescriptor file;
  };
  void assign_addresses(const std::vector<IpAddress>& addresses);
  FileDescriptor bound_socket(int type, const TransportAddress& local) const;

  NetworkNamespace namespace_;
  std::unique_ptr<HostDevice> device_;
  int queue_;
  FileDescriptor control_;  ///< for configuring interfaces
  std::vector<IpAddress> addresses_;
  std::vector<Socket> sockets_;
};

}  // namespace punchlab::lab
