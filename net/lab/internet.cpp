#include "net/lab/internet.hpp"

#include <algorithm>

#include "sim/packet/icmp.hpp"
#include "sim/packet/packet.hpp"
#include "sim/trial/routers.hpp"

namespace punchlab::lab {
namespace {

using memory::Event;
using trial::PacketEvent;

const trial::LinkDirection kLan{trial::kLanLatency, link::Distribution::constant(0), 0, link::kPlainBandwidth, {}};
constexpr std::uint32_t kLanQueue = 1000;

}  // namespace

void Internet::reset(const trial::Topology& topology, Captures* captures) {
  captures_ = captures;
  now_ = kTimeOrigin;
  order_ = 0;
  events_.clear();
  pool_.clear();
  wires_.clear();
  routes_.assign(topology);
  topology_ = &topology;
  for (std::size_t i = 0; i < trial::kPlaces; ++i) {
    const auto id = static_cast<trial::HostId>(i);
    if (!topology.has(id)) continue;
    add_gateways(id, topology.host(id));
    add_wires(id, topology.host(id));
  }
}

void Internet::add_gateways(trial::HostId id, const trial::HostSpec& spec) {
  Side& side = side_of(id);
  side.owned.clear();
  side.gateways.clear();
  for (std::size_t i = 0; i < spec.gateways.size(); ++i) {
    const bool may_be_other = maker_ != nullptr && id != trial::HostId::shared;
    Gateway* gateway = may_be_other ? maker_->install(id, spec, i) : nullptr;
    if (gateway == nullptr) gateway = side.owned.emplace_back(make_nat_box_gateway(spec.gateways[i])).get();
    side.gateways.push_back(gateway);
  }
}

void Internet::add_wires(trial::HostId id, const trial::HostSpec& spec) {
  Side& side = side_of(id);
  side.spec = &spec;
  side.first_wire = static_cast<std::uint16_t>(wires_.size());
  for (std::size_t hop = 0; hop <= spec.gateways.size(); ++hop) {
    const bool access = hop == spec.gateways.size();
    for (const bool up : {true, false}) {
      const auto& model = !access ? kLan : up ? spec.access.up : spec.access.down;
      Wire& wire = wires_.emplace_back();
      wire.side = id;
      wire.hop = static_cast<std::uint8_t>(hop);
      wire.up = up;
      wire.number = static_cast<std::uint16_t>(wires_.size() - 1);
      wire.transmitter.reset(model.bandwidth, access ? spec.access.queue : kLanQueue);
      wire.propagation.reset(model.latency, model.jitter, model.loss, model.key);
    }
  }
}

Internet::Wire& Internet::wire_of(trial::HostId side, std::size_t hop, bool up) {
  return wires_[side_of(side).first_wire + 2 * hop + (up ? 0 : 1)];
}

void Internet::enter(Time now, trial::HostId from, Bytes packet) {
  if (packet.size() > memory::PacketPool::kSlotSize) return;
  now_ = std::max(now_, now);
  const auto slot = pool_.take();
  std::copy(packet.begin(), packet.end(), pool_.room(slot).begin());
  pool_.set_size(slot, packet.size());
  Wire& wire = wire_of(from, 0, true);
  report(PacketEvent::Kind::sent, wire, 0, nat::Reason::translated, slot);
  transmit(wire, slot);
}

std::uint64_t Internet::advance(Time now) {
  std::uint64_t count = 0;
  for (; next() <= now; ++count) {
    const Event event = events_.pop();
    now_ = event.when.at;
    Wire& wire = wires_[event.wire];
    if (event.kind == Event::Kind::transmit_next)
      transmit_next(wire);
    else
      arrive(wire, event.packet);
  }
  return count;
}

void Internet::push(Time at, std::uint32_t packet, const Wire& wire, Event::Kind kind) {
  events_.push({at, ++order_}, packet, wire.number, kind);
}

void Internet::transmit(Wire& wire, std::uint32_t packet) {
  switch (wire.transmitter.offer(now_, packet)) {
    case link::Transmitter::Offer::start:
      return begin(wire, packet);
    case link::Transmitter::Offer::wait:
      if (wire.transmitter.waiting() == 1) push(wire.transmitter.idle_at(), 0, wire, Event::Kind::transmit_next);
      return;
    case link::Transmitter::Offer::drop:
      report(PacketEvent::Kind::queue_overflow, wire, wire.hop, nat::Reason::translated, packet);
      return pool_.give_back(packet);
  }
}

void Internet::begin(Wire& wire, std::uint32_t packet) {
  capture(wire, wire.up, packet);
  const Time sent = wire.transmitter.begin(now_, pool_.packet(packet).size());
  const auto arrival = wire.propagation.arrival(sent);
  if (arrival != kNever) return push(arrival, packet, wire, Event::Kind::arrival);
  report(PacketEvent::Kind::lost_on_link, wire, wire.hop, nat::Reason::translated, packet);
  pool_.give_back(packet);
}

void Internet::transmit_next(Wire& wire) {
  begin(wire, wire.transmitter.take());
  if (wire.transmitter.waiting() > 0) push(wire.transmitter.idle_at(), 0, wire, Event::Kind::transmit_next);
}

void Internet::arrive(const Wire& wire, std::uint32_t packet) {
  capture(wire, !wire.up, packet);
  const bool in_shared = topology_->shared && wire.side != trial::HostId::relay;
  if (wire.up && wire.hop == side_of(wire.side).gateways.size())
    return in_shared && wire.side != trial::HostId::shared ? pass_shared(wire.side, packet)
                                                           : arrive_at_core(wire, packet);
  if (wire.up || wire.hop > 0) return arrive_at_gateway(wire, packet);
  if (wire.side == trial::HostId::shared) return pass_shared(wire.side, packet);
  sink_.on_arrival(now_, wire.side, pool_.packet(packet));
  pool_.give_back(packet);
}

/// The shared network is a switch: it takes no hop off the TTL, and no time.
void Internet::pass_shared(trial::HostId from, std::uint32_t packet) {
  const auto to = trial::way_in_shared_network(*topology_, from, trial::destination_of(pool_.packet(packet)));
  if (!to) {
    report(PacketEvent::Kind::no_route, wire_of(from, 0, true), 0, nat::Reason::translated, packet);
    return pool_.give_back(packet);
  }
  const bool out = *to == trial::HostId::shared;
  transmit(wire_of(*to, out ? 0 : side_of(*to).gateways.size(), out), packet);
}

void Internet::arrive_at_gateway(const Wire& wire, std::uint32_t packet) {
  const auto index = static_cast<std::uint8_t>(wire.up ? wire.hop : wire.hop - 1);
  const auto from = wire.up ? nat::From::inside : nat::From::outside;
  Side& side = side_of(wire.side);
  Wire& onward = wire_of(wire.side, wire.up ? index + 1U : index, wire.up);
  Wire& back = wire_of(wire.side, wire.hop, !wire.up);
  const auto reply = pool_.take();
  const bool shared_out = wire.side == trial::HostId::shared && wire.up;
  PacketEvent::Mapped mapped;
  if (shared_out) mapped = {trial::source_of(pool_.packet(packet)), {}, trial::endpoint_of(pool_.packet(packet))};
  const auto verdict = side.gateways[index]->route(now_, from, pool_.packet(packet), pool_.room(reply));
  const bool passes = verdict.action == nat::Action::forward || verdict.action == nat::Action::hairpin;
  const auto dropped = verdict.reason == nat::Reason::ttl_expired ? PacketEvent::Kind::ttl_expired
                                                                  : PacketEvent::Kind::dropped_by_gateway;
  mapped.outside = verdict.outside;
  report(passes ? PacketEvent::Kind::translated : dropped, wire, index, verdict.reason, packet,
         side.gateways[index]->table(), shared_out && mapped.outside.port != 0 ? &mapped : nullptr);
  if (passes)
    transmit(verdict.action == nat::Action::forward ? onward : back, packet);
  else
    pool_.give_back(packet);
  if (verdict.reply_size == 0) return pool_.give_back(reply);
  pool_.set_size(reply, verdict.reply_size);
  report(PacketEvent::Kind::originated, wire, index, verdict.reason, reply);
  transmit(back, reply);
}

void Internet::arrive_at_core(const Wire& wire, std::uint32_t packet) {
  const MutableBytes bytes = pool_.packet(packet);
  const auto side = routes_.side_of(trial::destination_of(bytes));
  if (!side) {
    report(PacketEvent::Kind::no_route, wire, wire.hop, nat::Reason::translated, packet);
    return pool_.give_back(packet);
  }
  if (trial::ttl_of(bytes) <= 1) return expire_at_core(wire_of(wire.side, wire.hop, false), packet);
  packet::decrement_ttl(bytes);
  transmit(wire_of(*side, side_of(*side).gateways.size(), false), packet);
}

void Internet::expire_at_core(Wire& back, std::uint32_t packet) {
  report(PacketEvent::Kind::ttl_expired, back, back.hop, nat::Reason::ttl_expired, packet);
  const auto error = pool_.take();
  const auto size = packet::write_icmp_error(pool_.room(error), packet::IcmpError::ttl_expired,
                                             trial::core_address(Family::ipv4), pool_.packet(packet));
  pool_.give_back(packet);
  if (size == 0) return pool_.give_back(error);
  pool_.set_size(error, size);
  report(PacketEvent::Kind::originated, back, back.hop, nat::Reason::ttl_expired, error);
  transmit(back, error);
}

void Internet::capture(const Wire& wire, bool inner, std::uint32_t packet) {
  if (captures_ != nullptr) captures_->add(now_ - kTimeOrigin, wire.side, wire.hop, inner, pool_.packet(packet));
}

void Internet::report(PacketEvent::Kind kind, const Wire& wire, std::uint8_t gateway, nat::Reason reason,
                      std::uint32_t packet, const nat::NatBox* table, const PacketEvent::Mapped* mapped) {
  sink_.on_event({kind, now_, wire.side, gateway, reason, pool_.packet(packet), table, mapped});
}

}  // namespace punchlab::lab
