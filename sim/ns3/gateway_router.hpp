#pragma once
// A NAT or firewall in the forwarding path of an ns-3 router: nat::NatBox judges and rewrites the real bytes.
#include "sim/nat/nat_box.hpp"
#include "sim/ns3/router.hpp"

namespace punchlab::sim_ns3 {

class GatewayRouter final : public Router {
 public:
  GatewayRouter(TrialContext& context, RouterPlace place, const trial::GatewaySpec& spec)
      : Router(context), place_(place), box_(spec.profile, spec.addressing, spec.key) {}

  void SetDevices(ns3::Ptr<ns3::NetDevice> inside, ns3::Ptr<ns3::NetDevice> outside);
  /// `spec` must live until the next reset.
  void Reset(const trial::GatewaySpec& spec);

  bool RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                  ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback forward, MulticastForwardCallback,
                  LocalDeliverCallback, ErrorCallback) override;

 protected:
  void DoDispose() override;

 private:
  const RouterPlace place_;
  nat::NatBox box_;
  const trial::GatewaySpec* spec_ = nullptr;
  ns3::Ptr<ns3::NetDevice> inside_device_;
  ns3::Ptr<ns3::Ipv4Route> inside_;
  ns3::Ptr<ns3::Ipv4Route> outside_;
};

}  // namespace punchlab::sim_ns3
