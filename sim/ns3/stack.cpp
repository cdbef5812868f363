#include "sim/ns3/stack.hpp"

namespace punchlab::sim_ns3 {

Ipv4Stack::Ipv4Stack()
    : forward_(ns3::MakeCallback(&Ipv4Stack::Forward, this)),
      deliver_(ns3::MakeCallback(&Ipv4Stack::DeliverLocally, this)) {}

void Ipv4Stack::AttachDevice(ns3::Ptr<ns3::NetDevice> device) {
  GetObject<ns3::Node>()->AddDevice(device);
  SetUp(AddInterface(device));
  device->SetReceiveCallback(ns3::MakeCallback(&Ipv4Stack::ReceiveFromDevice, this));
}

void Ipv4Stack::SetRouting(ns3::Ptr<ns3::Ipv4RoutingProtocol> routing) {
  routing_ = routing;
  SetRoutingProtocol(routing);
}

bool Ipv4Stack::ReceiveFromDevice(ns3::Ptr<ns3::NetDevice> device, ns3::Ptr<const ns3::Packet> packet, std::uint16_t,
                                  const ns3::Address&) {
  const auto payload = ns3::ConstCast<ns3::Packet>(packet);  // ours alone: the device made it
  ns3::Ipv4Header header;
  header.EnableChecksum();
  payload->RemoveHeader(header);
  if (!header.IsChecksumOk()) return false;
  return routing_->RouteInput(payload, header, device, forward_, {}, deliver_, {});
}

void Ipv4Stack::Forward(ns3::Ptr<ns3::Ipv4Route> route, ns3::Ptr<const ns3::Packet> payload,
                        const ns3::Ipv4Header& header) {
  ns3::Ipv4Header next = header;
  next.SetTtl(static_cast<std::uint8_t>(header.GetTtl() - 1));
  SendWithHeader(ns3::ConstCast<ns3::Packet>(payload), next, route);
}

void Ipv4Stack::DeliverLocally(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                               std::uint32_t interface) {
  const auto protocol = GetProtocol(header.GetProtocol());
  if (protocol) protocol->Receive(ns3::ConstCast<ns3::Packet>(payload), header, GetInterface(interface));
}

void Ipv4Stack::DoDispose() {
  routing_ = nullptr;
  forward_.Nullify();
  deliver_.Nullify();
  Ipv4L3Protocol::DoDispose();
}

ns3::Ptr<ns3::Node> make_node(ns3::Ptr<ns3::Ipv4RoutingProtocol> routing) {
  const auto node = ns3::CreateObject<ns3::Node>();
  node->AggregateObject(ns3::CreateObject<ns3::TrafficControlLayer>());
  const auto ipv4 = ns3::CreateObject<Ipv4Stack>();
  node->AggregateObject(ipv4);
  ipv4->SetRouting(routing);
  return node;
}

ns3::Ptr<Ipv4Stack> stack_of(ns3::Ptr<ns3::Node> node) {
  return ns3::DynamicCast<Ipv4Stack>(node->GetObject<ns3::Ipv4L3Protocol>());
}

}  // namespace punchlab::sim_ns3
