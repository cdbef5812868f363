#include "sim/ns3/wire_channel.hpp"

#include <algorithm>

#include "sim/link/transmitter.hpp"
#include "sim/ns3/conversions.hpp"

namespace punchlab::sim_ns3 {
namespace {

/// Reports a packet that still has its PPP header.
void report_framed(TrialContext& context, trial::PacketEvent::Kind kind, WirePlace place, const ns3::Packet& framed) {
  PacketBuffer buffer;
  const auto size = framed.CopyData(buffer.data(), static_cast<std::uint32_t>(buffer.size()));
  context.report(kind, place.side, place.hop, nat::Reason::translated,
                 Bytes{buffer}.first(size).subspan(link::kFramingBytes));
}

}  // namespace

void WireChannel::Reset(const trial::LinkDirection& up, const trial::LinkDirection& down) {
  propagation_[0].reset(up.latency, up.jitter, up.loss, up.key);
  propagation_[1].reset(down.latency, down.jitter, down.loss, down.key);
}

bool WireChannel::TransmitStart(ns3::Ptr<const ns3::Packet> packet, ns3::Ptr<ns3::PointToPointNetDevice> source,
                                ns3::Time duration) {
  if (context_.over()) return true;
  const std::size_t direction = source == GetSource(0) ? 0 : 1;
  const Time now = context_.now();
  const auto arrival = propagation_[direction].arrival(now + Duration{duration.GetTimeStep()});
  if (!arrival) {
    report_framed(context_, trial::PacketEvent::Kind::lost_on_link, place_, *packet);
    return true;
  }
  const auto destination = GetDestination(static_cast<std::uint32_t>(direction));
  ns3::Simulator::ScheduleWithContext(destination->GetNode()->GetId(), to_ns3(*arrival - now), &WireChannel::Deliver,
                                      this, ns3::PeekPointer(destination), packet->Copy());
  return true;
}

void WireChannel::Deliver(ns3::PointToPointNetDevice* device, ns3::Ptr<ns3::Packet> packet) {
  if (!context_.over()) device->Receive(packet);
}

WireDevice::WireDevice(TrialContext& context, WirePlace place)
    : context_(context), place_(place), queue_(ns3::CreateObject<ns3::DropTailQueue<ns3::Packet>>()) {
  queue_->TraceConnectWithoutContext("DropBeforeEnqueue", ns3::MakeCallback(&WireDevice::ReportOverflow, this));
  SetQueue(queue_);
  SetAddress(ns3::Mac48Address::Allocate());
  SetMtu(65535);  // nothing on our networks is fragmented
}

void WireDevice::Reset(const trial::LinkDirection& direction, std::uint32_t queue) {
  SetDataRate(ns3::DataRate{direction.bandwidth});
  if (limit_ == queue) return;
  limit_ = queue;
  queue_->SetMaxSize({ns3::QueueSizeUnit::PACKETS, std::max(queue, 1U)});
}

void WireDevice::ReportOverflow(ns3::Ptr<const ns3::Packet> packet) {
  if (!context_.over()) report_framed(context_, trial::PacketEvent::Kind::queue_overflow, place_, *packet);
}

}  // namespace punchlab::sim_ns3
