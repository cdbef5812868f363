#pragma once
// Wi-Fi as the access link: one station and one access point of ns-3's wifi module (802.11n at 2.4 GHz, 5 m apart, log
// distance path loss, Minstrel rate control), on a channel of their own.
#include <ns3/wifi-net-device.h>
#include <ns3/yans-wifi-helper.h>

#include <filesystem>
#include <string>

#include "sim/ns3/ns3.hpp"

namespace punchlab::sim_ns3 {

/// A Wi-Fi device that looks to IPv4 like one end of a wire: with only two stations there is nothing for ARP to find.
class WifiPort final : public ns3::PointToPointNetDevice {
 public:
  void Connect(ns3::Ptr<ns3::NetDevice> wifi, const ns3::Address& peer);

  bool Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address& destination, std::uint16_t protocol) override;
  void SetReceiveCallback(ReceiveCallback callback) override { receive_ = callback; }

 private:
  bool Receive(ns3::Ptr<ns3::NetDevice> device, ns3::Ptr<const ns3::Packet> packet, std::uint16_t protocol,
               const ns3::Address& from);

  ns3::Ptr<ns3::NetDevice> wifi_;
  ns3::Address peer_;
  ReceiveCallback receive_;
};

class WifiAccess {
 public:
  /// The nodes need an Ipv4Stack. `first_stream`: of the random variables, of which it may take a thousand.
  WifiAccess(ns3::Ptr<ns3::Node> station, ns3::Ptr<ns3::Node> access_point, std::int64_t first_stream);

  ns3::Ptr<WifiPort> GetStation() const { return station_; }
  ns3::Ptr<WifiPort> GetAccessPoint() const { return access_point_; }
  /// Captures 802.11 frames with radiotap headers at both ends.
  void EnablePcap(const std::filesystem::path& folder, const std::string& name);

 private:
  ns3::YansWifiPhyHelper phy_;
  ns3::NetDeviceContainer devices_;  // station, access point
  ns3::Ptr<WifiPort> station_;
  ns3::Ptr<WifiPort> access_point_;
};

}  // namespace punchlab::sim_ns3
