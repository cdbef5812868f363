#include "sim/ns3/wire.hpp"

#include <algorithm>

#include "sim/ns3/conversions.hpp"

namespace punchlab::sim_ns3 {
namespace {

bool is_cross_traffic(Bytes ipv4_packet) { return (load_u32(&ipv4_packet[12]) & 0xFFFE0000) == kCrossTraffic; }

bool is_cross_traffic(const ns3::Packet& packet) {
  std::array<std::uint8_t, 20> header{};
  packet.CopyData(header.data(), static_cast<std::uint32_t>(header.size()));
  return is_cross_traffic(Bytes{header});
}

}  // namespace

WireDevice::WireDevice(TrialContext& context, WirePlace place)
    : context_(context), place_(place), queue_(ns3::CreateObject<ns3::DropTailQueue<ns3::Packet>>()) {
  queue_->TraceConnectWithoutContext("DropBeforeEnqueue", ns3::MakeCallback(&WireDevice::ReportOverflow, this));
  SetQueue(queue_);
  SetAddress(ns3::Mac48Address::Allocate());
}

void WireDevice::Connect(ns3::Ptr<ns3::PointToPointChannel> channel, ns3::Ptr<WireDevice> other) {
  Attach(channel);
  SetMtu(65535);  // nothing on our networks is fragmented; attributes, set after construction, would say 1500
  other_ = ns3::PeekPointer(other);
  other_node_ = other->GetNode()->GetId();
}

void WireDevice::Reset(const trial::LinkDirection& direction, std::uint32_t queue) {
  SetDataRate(ns3::DataRate{direction.bandwidth});
  times_.reset(direction.bandwidth);
  propagation_.reset(direction.latency, direction.jitter, direction.loss, direction.key);
  idle_at_ = Time{};
  queue_->Flush();
  if (limit_ == queue) return;
  limit_ = queue;
  queue_->SetMaxSize({ns3::QueueSizeUnit::PACKETS, std::max(queue, 1U)});
}

bool WireDevice::Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address&, std::uint16_t) {
  if (context_.over()) return false;
  if (queue_->IsEmpty() && idle_at_ <= context_.now()) {
    Begin(packet);
    return true;
  }
  if (!queue_->Enqueue(packet)) return false;
  if (queue_->GetNPackets() == 1) ScheduleNext();
  return true;
}

void WireDevice::Begin(ns3::Ptr<ns3::Packet> packet) {
  const Time now = context_.now();
  if (capture_) capture_->Write(ns3::Simulator::Now(), packet);
  idle_at_ = now + times_.of(packet->GetSize());
  const auto arrival = propagation_.arrival(idle_at_);
  if (arrival != kNever)
    ns3::Simulator::ScheduleWithContext(other_node_, to_ns3(arrival - now), &WireDevice::Arrive, other_, packet);
  else
    Report(trial::PacketEvent::Kind::lost_on_link, *packet);
}

void WireDevice::ScheduleNext() {
  ns3::Simulator::Schedule(to_ns3(idle_at_ - context_.now()), &WireDevice::TransmitNext, this);
}

void WireDevice::TransmitNext() {
  if (context_.over()) return;
  Begin(queue_->Dequeue());
  if (!queue_->IsEmpty()) ScheduleNext();
}

void WireDevice::Arrive(ns3::Ptr<ns3::Packet> packet) {
  if (context_.over()) return;
  if (capture_) capture_->Write(ns3::Simulator::Now(), packet);
  if (ends_cross_traffic_ && is_cross_traffic(*packet)) return;
  receive_(this, packet, ns3::Ipv4L3Protocol::PROT_NUMBER, broadcast_);
}

void WireDevice::ReportOverflow(ns3::Ptr<const ns3::Packet> packet) {
  Report(trial::PacketEvent::Kind::queue_overflow, *packet);
}

void WireDevice::Report(trial::PacketEvent::Kind kind, const ns3::Packet& packet) {
  PacketBuffer buffer;
  const auto size = packet.CopyData(buffer.data(), static_cast<std::uint32_t>(buffer.size()));
  if (is_cross_traffic(buffer)) return;
  context_.report(kind, place_.side, place_.hop, nat::Reason::translated, Bytes{buffer}.first(size));
}

}  // namespace punchlab::sim_ns3
