#pragma once
// The leanest node that forwards IPv4 as ns-3 does: traffic control without queue discs, Ipv4L3Protocol, our routing.
#include "sim/ns3/ns3.hpp"

namespace punchlab::sim_ns3 {

/// A node with an IPv4 stack and no interfaces but loopback.
ns3::Ptr<ns3::Node> make_node(ns3::Ptr<ns3::Ipv4RoutingProtocol> routing);

/// Adds `device` to `node` as an interface that is up.
void attach(ns3::Ptr<ns3::Node> node, ns3::Ptr<ns3::NetDevice> device);

}  // namespace punchlab::sim_ns3
