#pragma once
// A router that is a Linux kernel: a network namespace with forwarding, nftables rules and two devices. The kernel
// carries a packet through in the system call that writes it, or soon after, so the gateway is a function like NatBox.
#include <span>
#include <vector>

#include "net/kernel/netfilter.hpp"
#include "net/kernel/observer.hpp"
#include "net/kernel/ruleset.hpp"
#include "net/lab/gateway.hpp"
#include "net/lab/host_device.hpp"
#include "net/lab/network_namespace.hpp"

namespace punchlab::kernel {

class KernelGateway final : public lab::Gateway {
 public:
  /// A gateway for `spec`, whose profile names rules and contradicts nothing; `hosts` are the addresses on its inside.
  /// Only after lab::enter_lab. Throws std::system_error or std::runtime_error.
  KernelGateway(const trial::GatewaySpec& spec, std::vector<IpAddress> hosts,
                lab::DeviceKind kind = lab::possible_device());

  /// As new: no flows, nothing learned, nothing waiting.
  void reset();
  /// Throws trial::WorldFault when somebody took one of its interfaces down.
  nat::Verdict route(Time now, nat::From from, MutableBytes packet, MutableBytes reply) override;
  /// Whether it is the gateway that would be made from these, and works.
  bool is_for(const trial::GatewaySpec& spec, std::span<const IpAddress> hosts) const;

  const lab::NetworkNamespace& network_namespace() const { return namespace_; }

  /// A file under /proc/sys, as this gateway's kernel has it.
  std::string setting(const std::string& path) const;

 private:
  struct Arrived {
    Bytes packet;
    packet::View view;
  };
  lab::HostDevice& device(nat::From side) { return *devices_[static_cast<std::size_t>(side)]; }
  void build();
  void set(const std::vector<Setting>& settings) const;
  std::optional<Arrived> next_from(nat::From side);
  std::optional<nat::Verdict> came_out(nat::From from, const packet::View& before, MutableBytes packet,
                                       MutableBytes reply);
  void await_work();
  nat::Verdict carry(nat::From from, MutableBytes packet, MutableBytes reply);
  bool answers_us(const Arrived& arrived) const;
  nat::Verdict came_back(const Arrived& arrived, MutableBytes packet, MutableBytes reply);

  nat::Profile profile_;
  nat::Addressing addressing_;
  std::vector<IpAddress> hosts_;
  lab::NetworkNamespace namespace_;
  lab::DeviceKind kind_;
  bool broken_ = false;
  std::array<std::unique_ptr<lab::HostDevice>, 2> devices_;  ///< inside, outside
  std::unique_ptr<Netfilter> netfilter_;
  std::string rules_;
  Observer observer_;
};

/// Kernel gateways wherever a NAT names rules for them, NatBox elsewhere.
std::unique_ptr<lab::GatewayMaker> make_kernel_gateways();

}  // namespace punchlab::kernel
