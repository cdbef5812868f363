#include "sim/ns3/wifi_access.hpp"

#include <ns3/mobility-helper.h>
#include <ns3/ssid.h>
#include <ns3/wifi-helper.h>
#include <ns3/wifi-mac-helper.h>

#include "sim/ns3/stack.hpp"

namespace punchlab::sim_ns3 {
namespace {

constexpr double kDistance = 5;  // metres

void place(const ns3::NodeContainer& nodes) {
  const auto positions = ns3::CreateObject<ns3::ListPositionAllocator>();
  positions->Add(ns3::Vector{0, 0, 0});
  positions->Add(ns3::Vector{kDistance, 0, 0});
  ns3::MobilityHelper mobility;
  mobility.SetPositionAllocator(positions);
  mobility.Install(nodes);
}

ns3::Ptr<WifiPort> attach_port(ns3::Ptr<ns3::NetDevice> wifi, const ns3::Address& peer) {
  const auto port = ns3::CreateObject<WifiPort>();
  port->Connect(wifi, peer);
  stack_of(wifi->GetNode())->AttachDevice(port);
  return port;
}

}  // namespace

void WifiPort::Connect(ns3::Ptr<ns3::NetDevice> wifi, const ns3::Address& peer) {
  wifi_ = wifi;
  peer_ = peer;
  SetAddress(wifi->GetAddress());
  SetMtu(wifi->GetMtu());
  wifi->SetReceiveCallback(ns3::MakeCallback(&WifiPort::Receive, this));
}

bool WifiPort::Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address&, std::uint16_t protocol) {
  return wifi_->Send(packet, peer_, protocol);
}

bool WifiPort::Receive(ns3::Ptr<ns3::NetDevice>, ns3::Ptr<const ns3::Packet> packet, std::uint16_t protocol,
                       const ns3::Address& from) {
  return receive_(this, packet->Copy(), protocol, from);
}

WifiAccess::WifiAccess(ns3::Ptr<ns3::Node> station, ns3::Ptr<ns3::Node> access_point, std::int64_t first_stream) {
  place({station, access_point});
  auto channel_helper = ns3::YansWifiChannelHelper::Default();
  const auto channel = channel_helper.Create();
  phy_.SetChannel(channel);
  phy_.SetPcapDataLinkType(ns3::WifiPhyHelper::DLT_IEEE802_11_RADIO);
  ns3::WifiHelper wifi;
  wifi.SetStandard(ns3::WIFI_STANDARD_80211n);
  wifi.SetRemoteStationManager("ns3::MinstrelHtWifiManager");
  ns3::WifiMacHelper mac;
  const ns3::Ssid ssid{"home"};
  mac.SetType("ns3::StaWifiMac", "Ssid", ns3::SsidValue(ssid));
  devices_.Add(wifi.Install(phy_, mac, station));
  mac.SetType("ns3::ApWifiMac", "Ssid", ns3::SsidValue(ssid));
  devices_.Add(wifi.Install(phy_, mac, access_point));
  first_stream += channel_helper.AssignStreams(channel, first_stream);
  wifi.AssignStreams(devices_, first_stream);
  station_ = attach_port(devices_.Get(0), devices_.Get(1)->GetAddress());
  access_point_ = attach_port(devices_.Get(1), devices_.Get(0)->GetAddress());
}

void WifiAccess::EnablePcap(const std::filesystem::path& folder, const std::string& name) {
  phy_.EnablePcap((folder / (name + "-station.pcap")).string(), devices_.Get(0), false, true);
  phy_.EnablePcap((folder / (name + "-access-point.pcap")).string(), devices_.Get(1), false, true);
}

}  // namespace punchlab::sim_ns3
