#pragma once
// The relay in one object: STUN server, behaviour discovery, rendezvous broker and TURN relay on the same sockets, with the
// verbs of protocol/base/endpoint.hpp. It authenticates once and hands valid requests on; strangers leave no state behind.
// Where it stands in the project and where it departs from the RFCs: docs/relay.md.
#include <optional>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "protocol/relay/config.hpp"
#include "protocol/relay/counters.hpp"
#include "protocol/relay/outbox.hpp"
#include "protocol/relay/stream_table.hpp"
#include "protocol/turn/server.hpp"

namespace punchlab::relay {

class Server {
 public:
  /// `rng` must outlive the server and be secure on a real relay.
  Server(const Config& config, Rng& rng);

  /// A listening socket the caller opened, bound to `local`; its id lies below turn::kFirstRelaySocket.
  void add_socket(SocketId socket, Transport transport, const TransportAddress& local);

  /// A datagram on a listening socket, or on one of the relay sockets this server asked for. Bytes of a stream are taken
  /// too, but the stream is closed when they are more than `handle_stream` takes at once.
  void handle_datagram(Time now, const Datagram& datagram);
  /// `stream` was accepted on `listener`. It gets a CloseSocket when there are too many, or nobody authenticates on it.
  void handle_stream_opened(Time now, SocketId listener, SocketId stream, const TransportAddress& remote);
  /// The next bytes of a stream, cut anywhere. Gives how many were taken: all, unless the outputs fill up first; then
  /// drain and call again with the rest. Nothing on a stream is ever dropped for want of room.
  std::size_t handle_stream(Time now, SocketId stream, Bytes bytes);
  /// The remote side closed it, or it broke; its allocation ends. Not called for those that this server closes.
  void handle_stream_closed(Time now, SocketId stream);
  /// The host could not do what an OpenSocket asked for.
  void handle_open_failed(Time now, SocketId socket) { turn_.close_relay_socket(now, socket); }
  void handle_timeout(Time now);
  /// Deadline, Transmit, OpenSocket or CloseSocket; to be drained after each call above. `out`: kMaxDatagram bytes at least.
  Output poll(Time now, MutableBytes out);

  const Counters& counters() const { return counters_; }
  const turn::ServerCounters& turn_counters() const { return turn_.counters(); }
  std::uint32_t allocations() const { return turn_.allocations(); }
  std::size_t registrations() const { return broker_.registrations(); }
  /// As newly made with the same configuration and listening sockets, without deriving keys again: for simulations that
  /// need one relay per trial.
  void reset();

 private:
  struct Listener {
    SocketId socket;
    Transport transport = Transport::udp;
    TransportAddress local;
  };

  void handle_stream_whole(Time now, SocketId stream, Bytes bytes);
  void handle_message(Time now, const FiveTuple& flow, SocketId socket, Bytes message);
  void handle_stun(Time now, const FiveTuple& flow, SocketId socket, const stun::MessageView& message, MutableBytes out);
  void handle_request(Time now, const FiveTuple& flow, SocketId socket, const stun::MessageView& request, MutableBytes out);
  void answer_binding_request(const FiveTuple& flow, SocketId socket, const stun::MessageView& request, MutableBytes out);
  std::optional<stun::LongTermServer::Authenticated> authenticate(Time now, const FiveTuple& flow, SocketId socket,
                                                                  const stun::MessageView& request, MutableBytes out);
  void count_refusal(const stun::MessageView& request, int code);
  void queue(const std::optional<Transmit>& message);
  void close_stream(Time now, Stream& stream);
  void close_idle_streams(Time now);
  std::optional<Transmit> poll_broker(Time now, MutableBytes out);
  std::optional<CloseSocket> poll_close();
  Time deadline() const;
  const Listener* find_listener(SocketId socket) const;
  const Listener* find_udp_listener(const TransportAddress& local) const;
  bool discovery_ready() const;

  Config config_;
  stun::LongTermServer credentials_;
  turn::Server turn_;
  rendezvous::Broker broker_;
  StreamTable streams_;
  Outbox outbox_;
  std::vector<Listener> listeners_;
  std::vector<SocketId> closing_;  ///< streams to close, in no order that matters
  bool discovers_ = false;         ///< a UDP socket stands on all four addresses of RFC 5780
  Time broker_deadline_ = kNever;
  Time idle_deadline_ = kNever;    ///< no stream has waited too long for authentication before
  Counters counters_;
};

}  // namespace punchlab::relay
