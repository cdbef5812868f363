#include "sim/ns3/cross_traffic.hpp"

#include <ns3/inet-socket-address.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-static-routing-helper.h>
#include <ns3/on-off-helper.h>
#include <ns3/onoff-application.h>
#include <ns3/packet-sink-helper.h>
#include <ns3/string.h>
#include <ns3/uinteger.h>

#include "sim/ns3/stack.hpp"

namespace punchlab::sim_ns3 {
namespace {

constexpr std::uint16_t kDiscardPort = 9;
constexpr std::uint32_t kPayload = 1000;
constexpr const char* kBurst = "ns3::ExponentialRandomVariable[Mean=0.1]";

ns3::Ptr<ns3::PointToPointNetDevice> make_device(ns3::Ptr<ns3::PointToPointChannel> channel) {
  const auto device = ns3::CreateObject<ns3::PointToPointNetDevice>();
  device->SetQueue(ns3::CreateObject<ns3::DropTailQueue<ns3::Packet>>());
  device->SetDataRate(ns3::DataRate{link::kPlainBandwidth});
  device->SetAddress(ns3::Mac48Address::Allocate());
  device->Attach(channel);
  return device;
}

/// A host with ns-3's whole stack on a wire to `router`; gives the router's end.
ns3::Ptr<ns3::NetDevice> add_host(ns3::Ptr<ns3::Node> host, ns3::Ipv4Address address, ns3::Ptr<ns3::Node> router) {
  ns3::InternetStackHelper internet;
  internet.SetIpv6StackInstall(false);
  internet.SetIpv4ArpJitter(false);
  internet.Install(host);
  const auto channel = ns3::CreateObject<ns3::PointToPointChannel>();
  const auto device = make_device(channel);
  const auto router_device = make_device(channel);
  host->AddDevice(device);
  const auto ipv4 = host->GetObject<ns3::Ipv4>();
  const auto interface = ipv4->AddInterface(device);
  ipv4->AddAddress(interface, {address, ns3::Ipv4Mask{"255.255.255.255"}});
  ipv4->SetUp(interface);
  ns3::Ipv4StaticRoutingHelper{}.GetStaticRouting(ipv4)->SetDefaultRoute(ns3::Ipv4Address::GetAny(), interface);
  stack_of(router)->AttachDevice(router_device);
  return router_device;
}

void send(ns3::Ptr<ns3::Node> from, ns3::Ptr<ns3::Node> to, ns3::Ipv4Address destination, std::uint64_t rate,
          std::int64_t stream) {
  ns3::OnOffHelper source{"ns3::UdpSocketFactory", ns3::InetSocketAddress{destination, kDiscardPort}};
  source.SetConstantRate(ns3::DataRate{2 * rate}, kPayload);
  source.SetAttribute("OnTime", ns3::StringValue(kBurst));
  source.SetAttribute("OffTime", ns3::StringValue(kBurst));
  const auto applications = source.Install(from);
  ns3::DynamicCast<ns3::OnOffApplication>(applications.Get(0))->AssignStreams(stream);
  ns3::PacketSinkHelper{"ns3::UdpSocketFactory", ns3::InetSocketAddress{ns3::Ipv4Address::GetAny(), kDiscardPort}}
      .Install(to);
}

}  // namespace

void add_cross_traffic(trial::HostId side, std::uint64_t rate, ns3::Ptr<ns3::Node> head, AccessRelay& head_router,
                       ns3::Ptr<ns3::Node> core, CoreRouter& core_router, ns3::Ptr<ns3::NetDevice> outer,
                       std::int64_t first_stream) {
  const auto prefix = 0xC6120000U + (static_cast<std::uint32_t>(side) << 8U);
  const ns3::Ipv4Address inner_address{prefix + 1};
  const ns3::Ipv4Address outer_address{prefix + 2};
  const auto inner_host = ns3::CreateObject<ns3::Node>();
  const auto outer_host = ns3::CreateObject<ns3::Node>();
  head_router.AddRoute(inner_address, add_host(inner_host, inner_address, head));
  core_router.AddRoute(outer_address, add_host(outer_host, outer_address, core));
  core_router.AddRoute(inner_address, outer);
  send(inner_host, outer_host, outer_address, rate, first_stream);
  send(outer_host, inner_host, inner_address, rate, first_stream + 10);
}

}  // namespace punchlab::sim_ns3
