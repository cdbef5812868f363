#include "net/kernel/abilities.hpp"

#include <exception>

#include "net/kernel/kernel_gateway.hpp"
#include "net/lab/abilities.hpp"

namespace punchlab::kernel {
namespace {

std::optional<std::string> try_gateway() {
  trial::Cell cell;
  cell.client.nats.emplace_back().kernel = nat::KernelRules::masquerade;
  const auto host = trial::draw_topology(cell, 1, 0).host(trial::HostId::client);
  try {
    KernelGateway(host.gateways.front(), host.addresses).reset();
    return std::nullopt;
  } catch (const std::exception& error) {
    return std::string(error.what()) +
           ". Kernel gateways need nftables and connection tracking in the kernel: "
           "modprobe -a nf_tables nft_chain_nat nft_masq nft_ct nf_conntrack_netlink";
  }
}

}  // namespace

std::optional<std::string> machine_lacks() { return lab::machine_lacks(&try_gateway); }

std::optional<std::string> cannot_model(const trial::Cell& cell) {
  if (auto reason = lab::cannot_model(cell)) return reason;
  if (cell.shared)
    for (const auto& nat : cell.shared->nats)
      if (nat.kernel != nat::KernelRules::none)
        return nat.name + " is shared, and the kernel is no gateway of a shared network; use --backend sockets";
  bool any = false;
  for (const auto* side : {&cell.client, &cell.connector})
    for (const auto& nat : side->nats) {
      if (nat.kernel == nat::KernelRules::none) continue;
      any = true;
      if (auto axis = contradiction(nat)) return nat.name + " is not what its kernel rules make: " + *axis;
    }
  if (!any) return "neither side has a NAT with kernel rules; use NATs with the key kernel, or --backend sockets";
  return std::nullopt;
}

}  // namespace punchlab::kernel
