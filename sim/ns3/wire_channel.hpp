#pragma once
// ns-3's point-to-point channel with the propagation of sim/link, and the device for its ends.
#include <array>

#include "sim/link/propagation.hpp"
#include "sim/ns3/trial_context.hpp"

namespace punchlab::sim_ns3 {

/// Where on its side a link lies, for reports.
struct WirePlace {
  trial::HostId side = trial::HostId::client;
  std::uint8_t hop = 0;
};

/// The end attached first is the host's, the second the core's.
class WireChannel final : public ns3::PointToPointChannel {
 public:
  WireChannel(TrialContext& context, WirePlace place) : context_(context), place_(place) {}

  void Reset(const trial::LinkDirection& up, const trial::LinkDirection& down);
  bool TransmitStart(ns3::Ptr<const ns3::Packet> packet, ns3::Ptr<ns3::PointToPointNetDevice> source,
                     ns3::Time duration) override;

 private:
  void Deliver(ns3::PointToPointNetDevice* device, ns3::Ptr<ns3::Packet> packet);

  TrialContext& context_;
  WirePlace place_;
  std::array<link::Propagation, 2> propagation_;
};

/// One end, with its drop-tail queue.
class WireDevice final : public ns3::PointToPointNetDevice {
 public:
  WireDevice(TrialContext& context, WirePlace place);

  void Reset(const trial::LinkDirection& direction, std::uint32_t queue);
  /// ns-3 parses this address from text for every packet.
  ns3::Address GetBroadcast() const override { return broadcast_; }

 private:
  void ReportOverflow(ns3::Ptr<const ns3::Packet> packet);

  TrialContext& context_;
  WirePlace place_;
  std::uint32_t limit_ = 0;
  ns3::Ptr<ns3::DropTailQueue<ns3::Packet>> queue_;
  const ns3::Address broadcast_ = ns3::Mac48Address::GetBroadcast();
};

}  // namespace punchlab::sim_ns3
