#include "net/lab/gateway.hpp"

#include "sim/trial/gateway_routing.hpp"

namespace punchlab::lab {
namespace {

class NatBoxGateway final : public Gateway {
 public:
  explicit NatBoxGateway(const trial::GatewaySpec& spec)
      : addressing_(spec.addressing), box_(spec.profile, spec.addressing, spec.key) {}

  nat::Verdict route(Time now, nat::From from, MutableBytes packet, MutableBytes reply) override {
    return trial::route_through(box_, addressing_, now, from, packet, reply);
  }
  const nat::NatBox* table() const override { return &box_; }

 private:
  nat::Addressing addressing_;
  nat::NatBox box_;
};

}  // namespace

std::unique_ptr<Gateway> make_nat_box_gateway(const trial::GatewaySpec& spec) {
  return std::make_unique<NatBoxGateway>(spec);
}

}  // namespace punchlab::lab
