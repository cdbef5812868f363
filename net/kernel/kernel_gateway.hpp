#pragma once
// A router that is a Linux kernel: a network namespace with forwarding, nftables rules and two TUN devices. The kernel
// carries a packet through in the system call that writes it, so the gateway is a function like NatBox.
#include <span>
#include <vector>

#include "net/kernel/netfilter.hpp"
#include "net/kernel/observer.hpp"
#include "net/kernel/ruleset.hpp"
#include "net/lab/gateway.hpp"
#include "net/lab/network_namespace.hpp"

namespace punchlab::kernel {

class KernelGateway final : public lab::Gateway {
 public:
  /// A gateway for `spec`, whose profile names rules and contradicts nothing; `hosts` are the addresses on its inside.
  /// Only after lab::enter_lab. Throws std::system_error or std::runtime_error.
  KernelGateway(const trial::GatewaySpec& spec, std::vector<IpAddress> hosts);

  /// As new: no flows, nothing learned, nothing waiting.
  void reset();
  nat::Verdict route(Time now, nat::From from, MutableBytes packet, MutableBytes reply) override;
  /// Whether it is the gateway that would be made from these.
  bool is_for(const trial::GatewaySpec& spec, std::span<const IpAddress> hosts) const;

  /// A file under /proc/sys, as this gateway's kernel has it.
  std::string setting(const std::string& path) const;

 private:
  struct Arrived {
    Bytes packet;
    packet::View view;
  };
  int device(nat::From side) const { return devices_[static_cast<std::size_t>(side)].get(); }
  void set(const std::vector<Setting>& settings) const;
  std::optional<Arrived> next_from(nat::From side);
  nat::Verdict came_back(const Arrived& arrived, MutableBytes packet, MutableBytes reply);

  nat::Profile profile_;
  nat::Addressing addressing_;
  std::vector<IpAddress> hosts_;
  lab::NetworkNamespace namespace_;
  std::array<lab::FileDescriptor, 2> devices_;  ///< inside, outside
  std::unique_ptr<Netfilter> netfilter_;
  std::string rules_;
  Observer observer_;
  std::array<std::uint8_t, 2048> buffer_;
};

/// Kernel gateways wherever a NAT names rules for them, NatBox elsewhere.
std::unique_ptr<lab::GatewayMaker> make_kernel_gateways();

}  // namespace punchlab::kernel
