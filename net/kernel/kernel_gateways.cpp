#include <map>

#include "net/kernel/kernel_gateway.hpp"

namespace punchlab::kernel {
namespace {

/// Addresses that gateway `index` sees on its inside: the host's, or those of the last translator before it.
std::vector<IpAddress> inside_of(const trial::HostSpec& host, std::size_t index) {
  std::vector<IpAddress> addresses = host.addresses;
  for (std::size_t i = 0; i < index; ++i)
    if (host.gateways[i].profile.translates) addresses = host.gateways[i].addressing.external;
  return addresses;
}

class KernelGateways final : public lab::GatewayMaker {
 public:
  lab::Gateway* install(trial::HostId side, const trial::HostSpec& host, std::size_t index) override {
    const auto& spec = host.gateways[index];
    if (spec.profile.kernel == nat::KernelRules::none) return nullptr;
    auto& gateway = gateways_[{side, index}];
    auto hosts = inside_of(host, index);
    if (gateway && gateway->is_for(spec, hosts))
      gateway->reset();
    else
      gateway = std::make_unique<KernelGateway>(spec, std::move(hosts));
    return gateway.get();
  }

 private:
  std::map<std::pair<trial::HostId, std::size_t>, std::unique_ptr<KernelGateway>> gateways_;
};

}  // namespace

std::unique_ptr<lab::GatewayMaker> make_kernel_gateways() { return std::make_unique<KernelGateways>(); }

}  // namespace punchlab::kernel
