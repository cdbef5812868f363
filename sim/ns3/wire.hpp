#pragma once
// A wire between two nodes: ns-3's point-to-point devices and channel, its drop-tail queues, and the transmission and
// propagation of sim/link.
#include <ns3/pcap-file-wrapper.h>

#include <array>

#include "sim/link/propagation.hpp"
#include "sim/link/transmitter.hpp"
#include "sim/ns3/trial_context.hpp"

namespace punchlab::sim_ns3 {

/// Where on its side a link lies, for reports: hop 0 is the host's own.
struct WirePlace {
  trial::HostId side = trial::HostId::client;
  std::uint8_t hop = 0;
};

/// The first address of the benchmarking prefix 198.18.0.0/15 (RFC 2544), which others' traffic comes from and goes to:
/// no host of a trial has an address in it.
inline constexpr std::uint32_t kCrossTraffic = 0xC6120000;

/// One end of a wire. The stock device schedules an event for the end of every transmission and copies every packet it
/// receives; this one does so only when a packet waits. Frames carry no PPP header, but their transmission counts it.
class WireDevice final : public ns3::PointToPointNetDevice {
 public:
  WireDevice(TrialContext& context, WirePlace place);

  /// To be called on both ends once they are on their nodes.
  void Connect(ns3::Ptr<ns3::PointToPointChannel> channel, ns3::Ptr<WireDevice> other);
  /// Idle, with an empty queue of at most `queue` packets.
  void Reset(const trial::LinkDirection& direction, std::uint32_t queue);
  /// From now on packets of others leave by this end, and end at the other.
  void CarryCrossTraffic() { other_->ends_cross_traffic_ = true; }
  /// Writes all that this end sends and receives.
  void Capture(ns3::Ptr<ns3::PcapFileWrapper> file) { capture_ = file; }

  bool Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address& destination, std::uint16_t protocol) override;
  void SetReceiveCallback(ReceiveCallback callback) override { receive_ = callback; }
  /// ns-3 parses this address from text for every packet.
  ns3::Address GetBroadcast() const override { return broadcast_; }

 private:
  void Begin(ns3::Ptr<ns3::Packet> packet);
  void ScheduleNext();
  void TransmitNext();
  void Arrive(ns3::Ptr<ns3::Packet> packet);
  void ReportOverflow(ns3::Ptr<const ns3::Packet> packet);
  void Report(trial::PacketEvent::Kind kind, const ns3::Packet& packet);

  TrialContext& context_;
  const WirePlace place_;
  WireDevice* other_ = nullptr;
  std::uint32_t other_node_ = 0;
  ns3::Ptr<ns3::DropTailQueue<ns3::Packet>> queue_;
  std::uint32_t limit_ = 0;
  Time idle_at_{};
  link::TransmissionTimes times_;
  link::Propagation propagation_;
  ReceiveCallback receive_;
  ns3::Ptr<ns3::PcapFileWrapper> capture_;
  bool ends_cross_traffic_ = false;
  const ns3::Address broadcast_ = ns3::Mac48Address::GetBroadcast();
};

}  // namespace punchlab::sim_ns3
