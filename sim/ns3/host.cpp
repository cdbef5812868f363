#include "sim/ns3/host.hpp"

#include <algorithm>

#include "sim/ns3/host_tcp.hpp"
#include "sim/ns3/stack.hpp"

namespace punchlab::sim_ns3 {

using trial::PacketEvent;

ns3::IpL4Protocol::RxStatus HostUdp::Receive(ns3::Ptr<ns3::Packet> segment, const ns3::Ipv4Header& header,
                                             ns3::Ptr<ns3::Ipv4Interface>) {
  if (context_.over()) return RX_OK;
  PacketBuffer buffer;
  const Bytes packet = assemble(header, *segment, buffer);
  if (!packet::checksums_valid(packet)) return RX_CSUM_FAILED;
  Deliver(packet);
  return RX_OK;
}

void HostUdp::Deliver(Bytes packet) {
  const auto view = packet::parse(packet);
  if (!view || view->protocol != packet::kUdp) return;
  context_.report(PacketEvent::Kind::delivered, host_, 0, nat::Reason::translated, packet);
  context_.application().on_datagram(context_.now(), host_, view->source, view->destination, view->payload_of(packet));
  context_.stop_when_finished();
}

bool HostRouting::IsOwn(const IpAddress& address) const {
  return std::find(addresses_->begin(), addresses_->end(), address) != addresses_->end();
}

bool HostRouting::RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                             ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback, MulticastForwardCallback,
                             LocalDeliverCallback deliver, ErrorCallback) {
  const bool own = IsOwn(from_ns3(header.GetDestination()));
  const bool used = own && (header.GetProtocol() == packet::kUdp || header.GetProtocol() == packet::kTcp);
  if (!used && !context_.over()) {
    PacketBuffer buffer;
    context_.report(PacketEvent::Kind::ignored, host_, 0, nat::Reason::translated, assemble(header, *payload, buffer));
  }
  if (own) deliver(payload, header, static_cast<std::uint32_t>(ipv4_->GetInterfaceForDevice(device)));
  return true;
}

ns3::Ptr<ns3::Ipv4Route> HostRouting::RouteOutput(ns3::Ptr<ns3::Packet>, const ns3::Ipv4Header&,
                                                  ns3::Ptr<ns3::NetDevice>, ns3::Socket::SocketErrno& error) {
  error = ns3::Socket::ERROR_NOTERROR;
  route_->SetSource(to_ns3(addresses_->front()));
  return route_;
}

void HostRouting::DoDispose() {
  route_ = nullptr;
  Router::DoDispose();
}

Host::Host(TrialContext& context, trial::HostId id)
    : context_(context),
      id_(id),
      routing_(ns3::CreateObject<HostRouting>(context, id)),
      udp_(ns3::CreateObject<HostUdp>(context, id)) {
  node_ = make_node(routing_);
  ipv4_ = node_->GetObject<ns3::Ipv4L3Protocol>();
  node_->AggregateObject(udp_);
}

void Host::Send(const TransportAddress& source, const TransportAddress& destination, std::uint8_t ttl, Bytes payload) {
  PacketBuffer buffer;
  const auto size = packet::write_udp(buffer, source, destination, ttl == 0 ? packet::kDefaultTtl : ttl, payload);
  if (size == 0) return;
  const Bytes packet = Bytes{buffer}.first(size);
  context_.report(PacketEvent::Kind::sent, id_, 0, nat::Reason::translated, packet);
  if (routing_->IsOwn(destination.address))
    ns3::Simulator::ScheduleNow(&Host::Loop, this,
                                ns3::Create<ns3::Packet>(packet.data(), static_cast<std::uint32_t>(size)));
  else
    ipv4_->SendWithHeader(payload_of(packet), header_of(packet), routing_->GetRoute());
}

void Host::Loop(ns3::Ptr<ns3::Packet> packet) {
  if (context_.over()) return;
  PacketBuffer buffer;
  const auto size = packet->CopyData(buffer.data(), static_cast<std::uint32_t>(buffer.size()));
  udp_->Deliver(Bytes{buffer}.first(size));
}

void Host::SetTimer(Time at) {
  CancelTimer();
  if (at == kNever) return;
  timer_ = ns3::Simulator::Schedule(to_ns3(std::max(at - context_.now(), Duration{0})), &Host::Expire, this);
}

void Host::CancelTimer() {
  if (timer_.IsRunning()) ns3::Simulator::Remove(timer_);
  timer_ = ns3::EventId{};
}

ns3::Ptr<HostTcp> Host::MakeTcp() {
  const auto tcp = ns3::CreateObject<HostTcp>(context_, id_, routing_);
  node_->AggregateObject(tcp);
  return tcp;
}

void Host::Expire() {
  timer_ = ns3::EventId{};
  context_.application().on_timer(context_.now(), id_);
  context_.stop_when_finished();
}

}  // namespace punchlab::sim_ns3
