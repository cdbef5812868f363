#include "sim/ns3/gateway_router.hpp"

#include "sim/trial/gateway_routing.hpp"

namespace punchlab::sim_ns3 {

using trial::PacketEvent;

void GatewayRouter::SetDevices(ns3::Ptr<ns3::NetDevice> inside, ns3::Ptr<ns3::NetDevice> outside) {
  inside_device_ = inside;
  inside_ = RouteVia(inside);
  outside_ = RouteVia(outside);
}

void GatewayRouter::Reset(const trial::GatewaySpec& spec) {
  spec_ = &spec;
  box_.reset(spec.profile, spec.addressing, spec.key);
}

bool GatewayRouter::RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                               ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback forward,
                               MulticastForwardCallback, LocalDeliverCallback, ErrorCallback) {
  const auto from = device == inside_device_ ? nat::From::inside : nat::From::outside;
  const auto& back = from == nat::From::inside ? inside_ : outside_;
  const auto& onward = from == nat::From::inside ? outside_ : inside_;
  PacketBuffer buffer;
  const MutableBytes packet = assemble(header, *payload, buffer);
  PacketBuffer reply;
  const bool shared_out = place_.side == trial::HostId::shared && from == nat::From::inside;
  PacketEvent::Mapped mapped;
  if (shared_out) mapped = {trial::source_of(packet), {}, trial::endpoint_of(packet)};
  const auto verdict = trial::route_through(box_, spec_->addressing, context_.now(), from, packet, reply);
  const bool passes = verdict.action == nat::Action::forward || verdict.action == nat::Action::hairpin;
  const auto dropped = verdict.reason == nat::Reason::ttl_expired ? PacketEvent::Kind::ttl_expired
                                                                  : PacketEvent::Kind::dropped_by_gateway;
  mapped.outside = verdict.outside;
  context_.report(passes ? PacketEvent::Kind::translated : dropped, place_.side, place_.index, verdict.reason, packet,
                  &box_, shared_out && mapped.outside.port != 0 ? &mapped : nullptr);
  if (passes) {
    ns3::Ipv4Header translated = header;  // ns-3 takes the hop off it
    translated.SetSource(ns3::Ipv4Address{load_u32(&packet[12])});
    translated.SetDestination(ns3::Ipv4Address{load_u32(&packet[16])});
    forward(verdict.action == nat::Action::forward ? onward : back, payload_of(packet), translated);
  }
  if (verdict.reply_size > 0) Originate(Bytes{reply}.first(verdict.reply_size), place_, verdict.reason, back);
  return true;
}

void GatewayRouter::DoDispose() {
  inside_device_ = nullptr;
  inside_ = outside_ = nullptr;
  Router::DoDispose();
}

}  // namespace punchlab::sim_ns3
