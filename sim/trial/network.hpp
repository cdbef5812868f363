#pragma once
// The seam between a world (memory, ns-3, real sockets) and what runs on its hosts.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "protocol/base/address.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"
#include "sim/trial/topology.hpp"

namespace punchlab::trial {

/// One end of a TCP connection; different for all ends of a run, never 0.
using StreamId = std::uint32_t;

/// What a world offers to the hosts' programs.
class Network {
 public:
  virtual ~Network() = default;
  /// Sends one UDP datagram now. `source` is one of the host's addresses with a port; `ttl` 0 means 64.
  virtual void send(HostId from, const TransportAddress& source, const TransportAddress& destination, std::uint8_t ttl,
                    Bytes payload) = 0;
  /// Calls `Application::on_timer(at, host)` at `at`, replacing the host's earlier timer; kNever only cancels.
  virtual void set_timer(HostId host, Time at) = 0;

  // TCP (RFC 9293). A world without it (`World::cannot` says so) leaves these as they are: every connection is refused.
  /// Connections to `local` are accepted from now on: `Application::on_stream_opened`.
  virtual void listen(HostId, const TransportAddress& /*local*/) {}
  /// Begins a connection from `local`, a port that the host has not used before. `Application::on_stream_opened` or
  /// `on_stream_closed` follows, never within this call; 0 means that it is refused at once, and neither does.
  virtual StreamId connect(HostId, const TransportAddress& /*local*/, const TransportAddress& /*remote*/) { return 0; }
  /// Sends all of `bytes`, or nothing and gives false: the stream is not open, or its buffer is full.
  virtual bool send_stream(StreamId, Bytes) { return false; }
  /// Ends a stream once what was sent has left. Nothing more is heard of it; one that has ended already is left alone.
  virtual void close_stream(StreamId) {}
};

/// One thing that happened to a packet on its way, as the world itself saw it.
struct PacketEvent {
  enum class Kind : std::uint8_t {
    sent,       ///< by a host's program
    delivered,  ///< to one
    translated,
    dropped_by_gateway,
    lost_on_link,
    queue_overflow,
    ttl_expired,
    no_route,    ///< the core knows no way: a private address, or nobody's
    ignored,     ///< reached a host that has no use for it: ICMP, or another's address
    originated,  ///< a gateway, or the core (one more gateway), answers with an ICMP error or a RST of its own
  };
  static constexpr std::size_t kKinds = 10;
  Kind kind = Kind::sent;
  Time at;
  HostId side = HostId::client;  ///< whose host, gateways or access link; or those of the shared network
  std::uint8_t gateway = 0;      ///< index in the side's chain, for the gateway kinds
  nat::Reason reason = nat::Reason::translated;
  Bytes packet;  ///< the whole IP packet as it was after the event (before it, when dropped)
  const nat::NatBox* box =
      nullptr;  ///< the gateway's table, after the event, for `translated` and `dropped_by_gateway`
  /// The source of a packet that came from inside, and where the gateway's mapping shows it outside, also when a filter
  /// then kept it from turning back.
  struct Mapped {
    TransportAddress inside, outside;
    TransportAddress to;  ///< where the packet went, before it was turned back
    friend bool operator==(const Mapped&, const Mapped&) = default;
  };
  const Mapped* mapped = nullptr;  ///< of the shared network's gateways, when the packet found or made a mapping
};

/// What runs on the hosts: a trial, or a test. Events at equal times come in the order in which they were caused.
class Application {
 public:
  virtual ~Application() = default;
  virtual void start(Time now, Network& network) = 0;
  virtual void on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                           Bytes payload) = 0;
  virtual void on_timer(Time now, HostId host) = 0;
  /// A stream is open: one that `host` began, or one that it accepted from `remote` at `local`.
  virtual void on_stream_opened(Time, HostId, StreamId, const TransportAddress& /*local*/,
                                const TransportAddress& /*remote*/) {}
  /// The next bytes of an open stream, cut anywhere.
  virtual void on_stream(Time, HostId, StreamId, Bytes) {}
  /// The other end closed it, does not answer, or refused it. Not called for streams that `close_stream` ended.
  virtual void on_stream_closed(Time, HostId, StreamId) {}
  /// A packet that was due at a host at `due` reached it only `now`. Worlds in real time tell; others are never late.
  virtual void on_late(Time /*due*/, Time /*now*/) {}
  /// Called for every event below the hosts; must be cheap.
  virtual void on_packet(const PacketEvent& event) = 0;
  /// Asked after each event; true ends the trial.
  virtual bool finished() const = 0;
};

struct WorldOptions {
  std::optional<std::filesystem::path> pcap;  ///< folder for one capture per interface; nothing: no capture
};

/// A backend. Kept between trials; `run` may reuse what it built when the shape is the same, and must behave as if new.
class World {
 public:
  virtual ~World() = default;
  /// Runs `application` on `topology` from kTimeOrigin until it is finished or `until`; returns the number of events.
  virtual std::uint64_t run(const Topology& topology, Application& application, Time until,
                            const WorldOptions& options) = 0;
  /// Why this world cannot model `cell`; nothing when it can.
  virtual std::optional<std::string> cannot(const Cell& cell) const = 0;
};

}  // namespace punchlab::trial
