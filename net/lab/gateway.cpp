#include "net/lab/gateway.hpp"

#include "sim/packet/icmp.hpp"
#include "sim/trial/routers.hpp"

namespace punchlab::lab {
namespace {

class NatBoxGateway final : public Gateway {
 public:
  explicit NatBoxGateway(const trial::GatewaySpec& spec)
      : addressing_(spec.addressing), box_(spec.profile, spec.addressing, spec.key) {}

  nat::Verdict route(Time now, nat::From from, MutableBytes packet, MutableBytes reply) override {
    if (trial::ttl_of(packet) <= 1) {
      const auto router = trial::gateway_address(addressing_, from, Family::ipv4);
      return {nat::Action::drop, nat::Reason::ttl_expired,
              packet::write_icmp_error(reply, packet::IcmpError::ttl_expired, router, packet)};
    }
    const auto verdict = box_.process(now, from, packet, reply);
    if (verdict.action == nat::Action::forward || verdict.action == nat::Action::hairpin) packet::decrement_ttl(packet);
    return verdict;
  }

 private:
  nat::Addressing addressing_;
  nat::NatBox box_;
};

}  // namespace

std::unique_ptr<Gateway> make_nat_box_gateway(const trial::GatewaySpec& spec) {
  return std::make_unique<NatBoxGateway>(spec);
}

}  // namespace punchlab::lab
