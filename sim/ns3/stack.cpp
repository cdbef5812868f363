#include "sim/ns3/stack.hpp"

namespace punchlab::sim_ns3 {

ns3::Ptr<ns3::Node> make_node(ns3::Ptr<ns3::Ipv4RoutingProtocol> routing) {
  const auto node = ns3::CreateObject<ns3::Node>();
  node->AggregateObject(ns3::CreateObject<ns3::TrafficControlLayer>());
  const auto ipv4 = ns3::CreateObject<ns3::Ipv4L3Protocol>();
  node->AggregateObject(ipv4);
  ipv4->SetRoutingProtocol(routing);
  return node;
}

void attach(ns3::Ptr<ns3::Node> node, ns3::Ptr<ns3::NetDevice> device) {
  node->AddDevice(device);
  const auto ipv4 = node->GetObject<ns3::Ipv4>();
  ipv4->SetUp(ipv4->AddInterface(device));
}

}  // namespace punchlab::sim_ns3
