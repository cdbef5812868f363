#pragma once
// All that lies between the hosts of the lab: gateways, links and the core's routing, as a delay line over whole
// packets. It computes on the moments at which things are due, so that being called late delays a packet but never adds
// up.
#include <array>
#include <memory>
#include <vector>

#include "net/lab/captures.hpp"
#include "net/lab/due_queue.hpp"
#include "net/lab/gateway.hpp"
#include "sim/link/propagation.hpp"
#include "sim/link/transmitter.hpp"
#include "sim/memory/packet_pool.hpp"
#include "sim/trial/core_routes.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::lab {

/// What the internet tells its owner.
class InternetSink {
 public:
  virtual ~InternetSink() = default;
  /// `packet` reaches `host`; it was due there at `due`.
  virtual void on_arrival(Time due, trial::HostId host, Bytes packet) = 0;
  virtual void on_event(const trial::PacketEvent& event) = 0;
};

class Internet {
 public:
  /// `maker`, unless null, is asked for gateways first, and outlives this.
  Internet(InternetSink& sink, GatewayMaker* maker) : sink_(sink), maker_(maker) {}

  /// As new: no packets, no mappings. `topology` must outlive its use. `captures`, unless null, get every packet.
  void reset(const trial::Topology& topology, Captures* captures = nullptr);
  /// A host's stack sends `packet`, a whole IPv4 packet, at `now`; longer ones than PacketPool::kSlotSize are dropped.
  void enter(Time now, trial::HostId from, Bytes packet);
  /// Does all that is due at `now` and before; returns the number of events.
  std::uint64_t advance(Time now);
  /// When there is something to do next.
  Time next() const { return events_.empty() ? kNever : events_.front().when.at; }

 private:
  /// One direction of one link of one side. Hop 0 is the host's own link, the last hop is the access link.
  struct Wire {
    link::Transmitter transmitter;
    link::Propagation propagation;
    trial::HostId side = trial::HostId::client;
    std::uint8_t hop = 0;
    bool up = true;  ///< towards the core
    std::uint16_t number = 0;
  };
  struct Side {
    const trial::HostSpec* spec = nullptr;
    std::vector<std::unique_ptr<Gateway>> owned;
    std::vector<Gateway*> gateways;
    std::uint16_t first_wire = 0;  ///< then two per hop: up, down
  };

  void add_gateways(trial::HostId id, const trial::HostSpec& spec);
  void add_wires(trial::HostId id, const trial::HostSpec& spec);
  Wire& wire_of(trial::HostId side, std::size_t hop, bool up);
  Side& side_of(trial::HostId id) { return sides_[static_cast<std::size_t>(id)]; }
  void push(Time at, std::uint32_t packet, const Wire& wire, memory::Event::Kind kind);
  void transmit(Wire& wire, std::uint32_t packet);
  void begin(Wire& wire, std::uint32_t packet);
  void transmit_next(Wire& wire);
  void arrive(const Wire& wire, std::uint32_t packet);
  void arrive_at_gateway(const Wire& wire, std::uint32_t packet);
  void pass_shared(trial::HostId from, std::uint32_t packet);
  void arrive_at_core(const Wire& wire, std::uint32_t packet);
  void expire_at_core(Wire& back, std::uint32_t packet);
  void capture(const Wire& wire, bool inner, std::uint32_t packet);
  void report(trial::PacketEvent::Kind kind, const Wire& wire, std::uint8_t gateway, nat::Reason reason,
              std::uint32_t packet, const nat::NatBox* table = nullptr,
              const trial::PacketEvent::Mapped* mapped = nullptr);

  InternetSink& sink_;
  GatewayMaker* maker_;
  Time now_ = kTimeOrigin;
  std::uint64_t order_ = 0;
  const trial::Topology* topology_ = nullptr;
  std::array<Side, trial::kPlaces> sides_;
  std::vector<Wire> wires_;
  trial::CoreRoutes routes_;
  DueQueue events_;
  memory::PacketPool pool_;
  Captures* captures_ = nullptr;
};

}  // namespace punchlab::lab
