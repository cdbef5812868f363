#pragma once
// One connection to one peer on real sockets: the agent of the core, and over its path the tunnel.
#include <optional>
#include <string>

#include "net/host/driver.hpp"
#include "net/peer/relay_finder.hpp"
#include "net/tunnel/tunnel.hpp"
#include "protocol/agent/agent.hpp"

namespace punchlab::net {

/// What data to the peer goes over now.
struct PathStatus {
  PathKind kind = PathKind::none;
  TransportAddress remote;
  bool concluded = false;  ///< no direct path will come any more unless the network changes
};

class Peer final : private StreamUser {
 public:
  /// Silence after which the peer is taken for gone, although the path may return.
  static constexpr Duration kGoneAfter = std::chrono::seconds{60};
  /// Silence after which the relay is asked whether it still knows us, again and again.
  static constexpr Duration kSilence = std::chrono::seconds{6};
  /// Silence after which a peer that begins anew is believed to have lost this connection.
  static constexpr Duration kDoubtAfter = std::chrono::seconds{8};

  /// `way` is how the relay is reached; `config` names the same relay by its UDP address. Opens sockets from `socket`
  /// on, one for each family that this machine has a route for.
  Peer(UdpHost& host, StreamSet& streams, const agent::Config& config, RelayWay way, SocketId socket, Rng& rng);
  ~Peer() override;

  /// Opens the sockets and dials the relay. Gives why it cannot.
  std::optional<std::string> start();
  /// Waits until `limit` at most and does what is due; what the host found is in `woken()`.
  void turn(Time limit);
  /// Sends what the tunnel has, after channels were written or read.
  void flush();
  const UdpHost::Woken& woken() const { return driver_.woken(); }
  /// When `turn` must be over: the tunnel's timers.
  Time next() const;

  /// Null until both ends hold keys and a path stands.
  tunnel::Tunnel* tunnel() { return tunnel_ ? &*tunnel_ : nullptr; }
  PathStatus status() const;
  /// Why the agent has no connection, from docs/reasons.md; null while it tries, and when there is one again.
  const char* failure() const { return failure_; }
  /// The peer said goodbye, was silent for too long, or began anew.
  bool gone(Time now) const;
  /// Tells the peer that this is the end.
  void say_goodbye();

 private:
  std::optional<std::string> open_socket(Family family, SocketId socket);
  void take(const Output& output, Bytes bytes);
  void begin_tunnel();
  void watch_silence(Time now);
  void drain();

  void on_stream_accepted(SocketId, SocketId, const TransportAddress&) override {}
  void on_stream_opened(SocketId stream) override;
  void on_stream_bytes(SocketId stream, Bytes bytes) override;
  void on_stream_closed(SocketId stream, const std::string& why) override;

  struct Sink {
    Peer& peer;
    void operator()(const Output& output, Bytes bytes) const { peer.take(output, bytes); }
  };

  UdpHost& host_;
  StreamSet& streams_;
  agent::Config config_;
  RelayWay way_;
  SocketId socket_;
  agent::Agent agent_;
  Driver<agent::Agent> driver_;
  Sink sink_{*this};
  std::optional<SocketId> stream_;
  std::optional<tunnel::Tunnel> tunnel_;
  PathStatus status_;
  const char* failure_ = nullptr;
  Time doubt_at_{};  ///< the relay is asked then
};

}  // namespace punchlab::net
