#include "sim/memory/memory_world.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/link/propagation.hpp"
#include "sim/link/transmitter.hpp"
#include "sim/memory/event_queue.hpp"
#include "sim/memory/packet_pool.hpp"
#include "sim/memory/tcp_stack.hpp"
#include "sim/packet/icmp.hpp"
#include "sim/packet/packet.hpp"
#include "sim/trial/core_routes.hpp"
#include "sim/trial/gateway_routing.hpp"

namespace punchlab::memory {
namespace {

using trial::HostId;
using trial::PacketEvent;

/// One direction of one link of one side. Hop 0 is the host's own link, the last hop is the access link.
struct Wire {
  link::Transmitter transmitter;
  link::Propagation propagation;
  HostId side = HostId::client;
  std::uint8_t hop = 0;
  bool up = true;  ///< towards the core
  std::uint16_t number = 0;

  void reset(const trial::LinkDirection& model, std::uint32_t queue) {
    transmitter.reset(model.bandwidth, queue);
    propagation.reset(model.latency, model.jitter, model.loss, model.key);
  }
};

/// A peer, the relay or the shared network, with what stands between it and the core (or a peer and the shared
/// network).
struct Side {
  const trial::HostSpec* spec = nullptr;
  std::uint16_t first_wire = 0;  ///< then two per hop: up, down
  std::size_t gateways = 0;
  std::vector<nat::NatBox> boxes;  ///< at least `gateways` of them
  Moment timer{kNever, 0};
};

const trial::LinkDirection kLan{trial::kLanLatency, link::Distribution::constant(0), 0, link::kPlainBandwidth, {}};
constexpr std::uint32_t kLanQueue = 1000;

class MemoryWorld final : public trial::World, public trial::Network, private TcpStack::Below {
 public:
  std::uint64_t run(const trial::Topology& topology, trial::Application& application, Time until,
                    const trial::WorldOptions& options) override;
  std::optional<std::string> cannot(const trial::Cell& cell) const override;

  void send(HostId from, const TransportAddress& source, const TransportAddress& destination, std::uint8_t ttl,
            Bytes payload) override;
  void set_timer(HostId host, Time at) override;
  void listen(HostId host, const TransportAddress& local) override { tcp_.listen(host, local); }
  trial::StreamId connect(HostId host, const TransportAddress& local, const TransportAddress& remote) override {
    return tcp_.connect(host, local, remote);
  }
  bool send_stream(trial::StreamId stream, Bytes bytes) override { return tcp_.send(stream, bytes); }
  void close_stream(trial::StreamId stream) override { tcp_.close(stream); }

 private:
  Time time() const override { return now_.at; }
  trial::Application& application() override { return *application_; }
  void send_packet(HostId host, Bytes packet) override;
  void wake_at(Time at, trial::StreamId stream) override {
    events_.push({at, next_order()}, stream, 0, Event::Kind::stream);
  }

  void reset(const trial::Topology& topology);
  void reset_side(Side& side, HostId id, const trial::HostSpec& spec);
  Wire& wire_of(HostId side, std::size_t hop, bool up);
  HostId earliest_timer() const;
  void step();
  void dispatch(const Event& event);

  void transmit(Wire& wire, std::uint32_t packet);
  void begin(Wire& wire, std::uint32_t packet);
  void transmit_next(Wire& wire);
  void arrive(const Wire& wire, std::uint32_t packet);
  void arrive_at_host(HostId host, std::uint32_t packet);
  void arrive_at_gateway(const Wire& wire, std::uint32_t packet);
  void arrive_at_core(const Wire& wire, std::uint32_t packet);
  void arrive_at_shared(HostId from, std::uint32_t packet);
  void expire(Wire& back, std::uint8_t gateway, const IpAddress& router, std::uint32_t packet);
  void report(PacketEvent::Kind kind, HostId side, std::uint8_t gateway, nat::Reason reason, std::uint32_t packet,
              const nat::NatBox* box = nullptr, const PacketEvent::Mapped* mapped = nullptr);

  Side& side_of(HostId id) { return sides_[static_cast<std::size_t>(id)]; }
  std::uint64_t next_order() { return ++order_; }

  trial::Application* application_ = nullptr;
  Moment now_;
  std::uint64_t order_ = 0;
  const trial::Topology* topology_ = nullptr;
  std::array<Side, trial::kPlaces> sides_;
  HostId first_timer_ = HostId::client;  ///< whose timer is the earliest; any while none is set
  std::vector<Wire> wires_;
  trial::CoreRoutes routes_;
  EventQueue events_;
  PacketPool pool_;
  TcpStack tcp_{*this};
};

std::uint64_t MemoryWorld::run(const trial::Topology& topology, trial::Application& application, Time until,
                               const trial::WorldOptions& options) {
  if (options.pcap) throw std::invalid_argument("the memory backend writes no captures");
  application_ = &application;
  reset(topology);
  application.start(now_.at, *this);
  std::uint64_t count = 0;
  while (!application.finished()) {
    const Time timer_at = side_of(first_timer_).timer.at;
    const Time next = events_.empty() ? timer_at : std::min(timer_at, events_.front().when.at);
    if (next >= until) break;
    step();
    ++count;
  }
  return count;
}

std::optional<std::string> MemoryWorld::cannot(const trial::Cell& cell) const {
  if (trial::has_only_wires(cell)) return std::nullopt;
  return "the memory backend models wires only, not Wi-Fi or shared bottlenecks";
}

void MemoryWorld::reset(const trial::Topology& topology) {
  now_ = {kTimeOrigin, 0};
  order_ = 0;
  events_.clear();
  pool_.clear();
  tcp_.clear();
  routes_.assign(topology);
  topology_ = &topology;
  std::size_t next = 0;
  for (std::size_t i = 0; i < trial::kPlaces; ++i) {
    const auto id = static_cast<HostId>(i);
    if (!topology.has(id)) continue;
    sides_[i].first_wire = static_cast<std::uint16_t>(next);
    next += 2 * (topology.host(id).gateways.size() + 1);
    if (wires_.size() < next) wires_.resize(next);
    reset_side(sides_[i], id, topology.host(id));
  }
}

void MemoryWorld::reset_side(Side& side, HostId id, const trial::HostSpec& spec) {
  side.spec = &spec;
  side.timer = {kNever, 0};
  side.gateways = spec.gateways.size();
  for (std::size_t i = 0; i < spec.gateways.size(); ++i) {
    const auto& gateway = spec.gateways[i];
    if (i < side.boxes.size())
      side.boxes[i].reset(gateway.profile, gateway.addressing, gateway.key);
    else
      side.boxes.emplace_back(gateway.profile, gateway.addressing, gateway.key);
  }
  for (std::size_t hop = 0; hop <= spec.gateways.size(); ++hop) {
    const bool access = hop == spec.gateways.size();
    for (const bool up : {true, false}) {
      Wire& wire = wire_of(id, hop, up);
      wire.side = id;
      wire.hop = static_cast<std::uint8_t>(hop);
      wire.up = up;
      wire.number = static_cast<std::uint16_t>(&wire - wires_.data());
      wire.reset(access ? (up ? spec.access.up : spec.access.down) : kLan, access ? spec.access.queue : kLanQueue);
    }
  }
}

Wire& MemoryWorld::wire_of(HostId side, std::size_t hop, bool up) {
  return wires_[side_of(side).first_wire + 2 * hop + (up ? 0 : 1)];
}

HostId MemoryWorld::earliest_timer() const {
  std::size_t earliest = 0;
  for (std::size_t i = 1; i < trial::kHosts; ++i)
    if (sides_[i].timer < sides_[earliest].timer) earliest = i;
  return static_cast<HostId>(earliest);
}

void MemoryWorld::step() {
  const HostId timer = first_timer_;
  Side& side = side_of(timer);
  if (events_.empty() || side.timer < events_.front().when) {
    now_ = side.timer;
    side.timer = {kNever, 0};
    first_timer_ = earliest_timer();
    application_->on_timer(now_.at, timer);
    return;
  }
  const Event event = events_.pop();
  now_ = event.when;
  dispatch(event);
}

void MemoryWorld::dispatch(const Event& event) {
  switch (event.kind) {
    case Event::Kind::arrival:
      return arrive(wires_[event.wire], event.packet);
    case Event::Kind::transmit_next:
      return transmit_next(wires_[event.wire]);
    case Event::Kind::loopback:
      return arrive_at_host(static_cast<HostId>(event.wire), event.packet);
    case Event::Kind::stream:
      return tcp_.wake(event.packet);
  }
}

void MemoryWorld::send(HostId from, const TransportAddress& source, const TransportAddress& destination,
                       std::uint8_t ttl, Bytes payload) {
  const auto packet = pool_.take();
  const std::size_t size =
      packet::write_udp(pool_.room(packet), source, destination, ttl == 0 ? packet::kDefaultTtl : ttl, payload);
  if (size == 0) return pool_.give_back(packet);
  pool_.set_size(packet, size);
  report(PacketEvent::Kind::sent, from, 0, nat::Reason::translated, packet);
  for (const auto& own : side_of(from).spec->addresses)
    if (own == destination.address) {
      events_.push({now_.at, next_order()}, packet, static_cast<std::uint16_t>(from), Event::Kind::loopback);
      return;
    }
  transmit(wire_of(from, 0, true), packet);
}

void MemoryWorld::send_packet(HostId host, Bytes bytes) {
  const auto packet = pool_.take();
  std::copy(bytes.begin(), bytes.end(), pool_.room(packet).begin());
  pool_.set_size(packet, bytes.size());
  report(PacketEvent::Kind::sent, host, 0, nat::Reason::translated, packet);
  transmit(wire_of(host, 0, true), packet);
}

void MemoryWorld::set_timer(HostId host, Time at) {
  side_of(host).timer = {at == kNever ? kNever : std::max(at, now_.at), next_order()};
  first_timer_ = earliest_timer();
}

void MemoryWorld::transmit(Wire& wire, std::uint32_t packet) {
  switch (wire.transmitter.offer(now_.at, packet)) {
    case link::Transmitter::Offer::start:
      return begin(wire, packet);
    case link::Transmitter::Offer::wait:
      if (wire.transmitter.waiting() == 1)
        events_.push({wire.transmitter.idle_at(), next_order()}, 0, wire.number, Event::Kind::transmit_next);
      return;
    case link::Transmitter::Offer::drop:
      report(PacketEvent::Kind::queue_overflow, wire.side, wire.hop, nat::Reason::translated, packet);
      return pool_.give_back(packet);
  }
}

void MemoryWorld::begin(Wire& wire, std::uint32_t packet) {
  const Time sent = wire.transmitter.begin(now_.at, pool_.packet(packet).size());
  const auto arrival = wire.propagation.arrival(sent);
  if (arrival != kNever) return events_.push({arrival, next_order()}, packet, wire.number, Event::Kind::arrival);
  report(PacketEvent::Kind::lost_on_link, wire.side, wire.hop, nat::Reason::translated, packet);
  pool_.give_back(packet);
}

void MemoryWorld::transmit_next(Wire& wire) {
  begin(wire, wire.transmitter.take());
  if (wire.transmitter.waiting() > 0)
    events_.push({wire.transmitter.idle_at(), next_order()}, 0, wire.number, Event::Kind::transmit_next);
}

void MemoryWorld::arrive(const Wire& wire, std::uint32_t packet) {
  if (wire.up && wire.hop == side_of(wire.side).gateways) {
    const bool in_shared = topology_->shared && (wire.side == HostId::client || wire.side == HostId::connector);
    return in_shared ? arrive_at_shared(wire.side, packet) : arrive_at_core(wire, packet);
  }
  if (!wire.up && wire.hop == 0)
    return wire.side == HostId::shared ? arrive_at_shared(wire.side, packet) : arrive_at_host(wire.side, packet);
  arrive_at_gateway(wire, packet);
}

void MemoryWorld::arrive_at_host(HostId host, std::uint32_t packet) {
  const Bytes bytes = pool_.packet(packet);
  const auto view = packet::parse(bytes);
  const auto& own = side_of(host).spec->addresses;
  const bool here =
      view && !view->fragment && std::find(own.begin(), own.end(), view->destination.address) != own.end();
  const bool udp = here && view->protocol == packet::kUdp;
  const bool tcp = here && view->protocol == packet::kTcp;
  report(udp || tcp ? PacketEvent::Kind::delivered : PacketEvent::Kind::ignored, host, 0, nat::Reason::translated,
         packet);
  if (udp) application_->on_datagram(now_.at, host, view->source, view->destination, view->payload_of(bytes));
  if (tcp) tcp_.receive(host, bytes, *view);
  pool_.give_back(packet);
}

void MemoryWorld::arrive_at_gateway(const Wire& wire, std::uint32_t packet) {
  const auto index = static_cast<std::uint8_t>(wire.up ? wire.hop : wire.hop - 1);
  const auto from = wire.up ? nat::From::inside : nat::From::outside;
  Side& side = side_of(wire.side);
  Wire& onward = wire_of(wire.side, wire.up ? index + 1U : index, wire.up);
  Wire& back = wire_of(wire.side, wire.hop, !wire.up);
  const auto reply = pool_.take();
  const bool shared_out = wire.side == HostId::shared && wire.up;
  PacketEvent::Mapped mapped;
  if (shared_out) mapped = {trial::source_of(pool_.packet(packet)), {}, trial::endpoint_of(pool_.packet(packet))};
  const auto verdict = trial::route_through(side.boxes[index], side.spec->gateways[index].addressing, now_.at, from,
                                            pool_.packet(packet), pool_.room(reply));
  const bool passes = verdict.action == nat::Action::forward || verdict.action == nat::Action::hairpin;
  const auto dropped = verdict.reason == nat::Reason::ttl_expired ? PacketEvent::Kind::ttl_expired
                                                                  : PacketEvent::Kind::dropped_by_gateway;
  mapped.outside = verdict.outside;
  report(passes ? PacketEvent::Kind::translated : dropped, wire.side, index, verdict.reason, packet, &side.boxes[index],
         shared_out && mapped.outside.port != 0 ? &mapped : nullptr);
  if (passes)
    transmit(verdict.action == nat::Action::forward ? onward : back, packet);
  else
    pool_.give_back(packet);
  if (verdict.reply_size == 0) return pool_.give_back(reply);
  pool_.set_size(reply, verdict.reply_size);
  report(PacketEvent::Kind::originated, wire.side, index, verdict.reason, reply);
  transmit(back, reply);
}

/// The shared network is a switch: it takes no hop off the TTL, and no time.
void MemoryWorld::arrive_at_shared(HostId from, std::uint32_t packet) {
  const auto to = trial::way_in_shared_network(*topology_, from, trial::destination_of(pool_.packet(packet)));
  if (!to) {
    report(PacketEvent::Kind::no_route, from, 0, nat::Reason::translated, packet);
    return pool_.give_back(packet);
  }
  transmit(*to == HostId::shared ? wire_of(*to, 0, true) : wire_of(*to, side_of(*to).gateways, false), packet);
}

void MemoryWorld::arrive_at_core(const Wire& wire, std::uint32_t packet) {
  const MutableBytes bytes = pool_.packet(packet);
  const auto destination = trial::destination_of(bytes);
  const auto side = routes_.side_of(destination);
  if (!side) {
    report(PacketEvent::Kind::no_route, wire.side, wire.hop, nat::Reason::translated, packet);
    return pool_.give_back(packet);
  }
  if (trial::ttl_of(bytes) <= 1)
    return expire(wire_of(wire.side, wire.hop, false), wire.hop, trial::core_address(destination.family()), packet);
  packet::decrement_ttl(bytes);
  transmit(wire_of(*side, side_of(*side).gateways, false), packet);
}

void MemoryWorld::expire(Wire& back, std::uint8_t gateway, const IpAddress& router, std::uint32_t packet) {
  report(PacketEvent::Kind::ttl_expired, back.side, gateway, nat::Reason::ttl_expired, packet);
  const auto error = pool_.take();
  const auto size =
      packet::write_icmp_error(pool_.room(error), packet::IcmpError::ttl_expired, router, pool_.packet(packet));
  pool_.give_back(packet);
  if (size == 0) return pool_.give_back(error);
  pool_.set_size(error, size);
  report(PacketEvent::Kind::originated, back.side, gateway, nat::Reason::ttl_expired, error);
  transmit(back, error);
}

void MemoryWorld::report(PacketEvent::Kind kind, HostId side, std::uint8_t gateway, nat::Reason reason,
                         std::uint32_t packet, const nat::NatBox* box, const PacketEvent::Mapped* mapped) {
  application_->on_packet({kind, now_.at, side, gateway, reason, pool_.packet(packet), box, mapped});
}

}  // namespace

std::unique_ptr<trial::World> make_memory_world() { return std::make_unique<MemoryWorld>(); }

}  // namespace punchlab::memory
