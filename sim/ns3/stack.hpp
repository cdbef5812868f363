#pragma once
// IPv4 on our nodes: ns-3's Ipv4L3Protocol, with a shorter way in.
#include "sim/ns3/ns3.hpp"

namespace punchlab::sim_ns3 {

/// Ipv4L3Protocol::Receive makes four callbacks for every packet, a quarter of the whole cost of a trial. This takes
/// packets straight from the device, checks them in the same way, and hands the routing protocol callbacks made once.
/// Sending is Ipv4L3Protocol's own.
class Ipv4Stack final : public ns3::Ipv4L3Protocol {
 public:
  Ipv4Stack();

  /// Adds `device` to this stack's node as an interface that is up.
  void AttachDevice(ns3::Ptr<ns3::NetDevice> device);
  void SetRouting(ns3::Ptr<ns3::Ipv4RoutingProtocol> routing);

 protected:
  void DoDispose() override;

 private:
  bool ReceiveFromDevice(ns3::Ptr<ns3::NetDevice> device, ns3::Ptr<const ns3::Packet> packet, std::uint16_t protocol,
                         const ns3::Address& from);
  /// As Ipv4L3Protocol::IpForward, for a packet whose TTL the routing protocol has looked at.
  void Forward(ns3::Ptr<ns3::Ipv4Route> route, ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header);
  /// As Ipv4L3Protocol::LocalDeliver, without reassembly: nothing on our networks is fragmented.
  void DeliverLocally(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header, std::uint32_t interface);

  ns3::Ptr<ns3::Ipv4RoutingProtocol> routing_;
  ns3::Ipv4RoutingProtocol::UnicastForwardCallback forward_;
  ns3::Ipv4RoutingProtocol::LocalDeliverCallback deliver_;
};

/// A node with an IPv4 stack and no interfaces but loopback: traffic control without queue discs, no ARP, no ICMP.
ns3::Ptr<ns3::Node> make_node(ns3::Ptr<ns3::Ipv4RoutingProtocol> routing);

/// The stack of a node made by `make_node`.
ns3::Ptr<Ipv4Stack> stack_of(ns3::Ptr<ns3::Node> node);

}  // namespace punchlab::sim_ns3
