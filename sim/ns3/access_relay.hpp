#pragma once
// The box between a home and the core where the access is no plain wire: an access point, or the head of a bottleneck.
// It passes packets on as they are, like a bridge, so that hop counts do not depend on the medium.
#include "sim/ns3/router.hpp"

namespace punchlab::sim_ns3 {

class AccessRelay final : public Router {
 public:
  using Router::Router;

  void SetDevices(ns3::Ptr<ns3::NetDevice> inside, ns3::Ptr<ns3::NetDevice> outside);

  bool RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                  ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback, MulticastForwardCallback,
                  LocalDeliverCallback, ErrorCallback) override;

 protected:
  void DoDispose() override;

 private:
  ns3::Ptr<ns3::NetDevice> outside_device_;
  ns3::Ptr<ns3::Ipv4Route> inside_;
  ns3::Ptr<ns3::Ipv4Route> outside_;
};

}  // namespace punchlab::sim_ns3
