#pragma once
// A peer: registers at the relay, gathers candidates, exchanges them sealed, checks pairs, and carries application data
// over the best path it has. One agent is one connection to one other peer. Sans-I/O: see protocol/base/endpoint.hpp.
#include <array>
#include <optional>

#include "protocol/agent/config.hpp"
#include "protocol/agent/data_path.hpp"
#include "protocol/agent/gatherer.hpp"
#include "protocol/agent/redial.hpp"
#include "protocol/agent/relay_choice.hpp"
#include "protocol/agent/signalling.hpp"
#include "protocol/base/endpoint.hpp"
#include "protocol/ice/agent.hpp"
#include "protocol/rendezvous/client.hpp"
#include "protocol/session/session.hpp"
#include "protocol/stun/long_term_client.hpp"
#include "protocol/stun/stream_framer.hpp"
#include "protocol/turn/client.hpp"

namespace punchlab::agent {

/// Datagrams that led nowhere, by cause. What the parts refuse, they count themselves.
struct Counters {
  std::uint32_t malformed = 0;    ///< neither STUN nor ChannelData nor a session's packet
  std::uint32_t unexpected = 0;   ///< well-formed STUN that no part waits for
  std::uint32_t unauthentic = 0;  ///< session packets that did not open
  std::uint32_t unknown_socket = 0;
};

class Agent {
 public:
  static constexpr std::size_t kMaxSockets = 4;
  /// Largest application payload of one `seal`, in bytes.
  static constexpr std::size_t kMaxPayload = 1200;

  Agent(const Config& config, Rng& rng);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// A UDP socket that the caller has opened. Give all before `connect`; at most kMaxSockets, more are ignored.
  void add_socket(SocketId socket, const TransportAddress& local);
  /// Dials the relay and begins.
  void connect(Time now);

  void handle_datagram(Time now, const Datagram& datagram);
  /// A stream to the relay that an OpenSocket asked for.
  void handle_stream_opened(Time now, SocketId socket);
  /// The next bytes of that stream, cut anywhere. Takes them up to the end of one message and gives how many it took:
  /// drain, then call again with the rest.
  std::size_t handle_stream(Time now, SocketId socket, Bytes bytes);
  /// The stream could not be opened, or has ended. Unless the relay is reached otherwise, another OpenSocket of the
  /// same id follows, with growing pauses.
  void handle_stream_closed(Time now, SocketId socket);
  void handle_timeout(Time now);
  /// The caller hears nothing from the peer any more: asks the relay whether the allocation still stands. ICE watches
  /// the path that it selected itself; this is for data on one that it did not select.
  void doubt_allocation(Time now);

  /// Seals application data for the peer into `out` and says where to send it; nothing while no path stands or the
  /// payload is over kMaxPayload. Allocates nothing.
  std::optional<Transmit> seal(Time now, Bytes plaintext, MutableBytes out);
  /// The same over the relayed route on which the peer was last heard, also when data goes directly: for an answer that
  /// returns the way the question came, so that the round trip over the relay can be measured. Nothing without one.
  std::optional<Transmit> seal_relayed(Time now, Bytes plaintext, MutableBytes out);
  Output poll(Time now, MutableBytes out);

  PathKind path() const { return path_kind_; }
  /// No direct path will come any more unless the network changes: a path is nominated, or every check has ended.
  bool concluded() const;
  /// What carries everything that is said to the relay; nothing until it was heard of.
  std::optional<Transport> relay_transport() const { return relay_choice_.chosen(); }
  const Counters& counters() const { return counters_; }
  const ice::Counters& ice_counters() const { return ice_.counters(); }
  /// What its checks are authenticated with; the peer gets it sealed.
  const ice::Credentials& ice_credentials() const { return ice_.local_credentials(); }
  const session::Session& session() const { return session_; }

 private:
  static constexpr ice::BaseId kRelayedBase{kMaxSockets};
  static constexpr SocketId kTcpSocket{0xFFFF};
  static constexpr SocketId kTlsSocket{0xFFFE};
  static constexpr std::array<Transport, 2> kStreams{Transport::tcp, Transport::tls};

  struct Socket {
    SocketId id;
    TransportAddress local;
    std::optional<Gatherer> gatherer;
    bool gathered = false;  ///< its server-reflexive candidate was taken, or there is none
  };

  // Incoming
  void route(Time now, ice::BaseId base, const TransportAddress& source, Bytes payload);
  void route_stun(Time now, ice::BaseId base, const TransportAddress& source, Bytes payload);
  void route_relay_message(Time now, const stun::MessageView& message);
  void route_session(Time now, ice::BaseId base, const TransportAddress& source, Bytes payload);
  std::optional<ice::BaseId> base_of(SocketId socket) const;
  PathKind kind_of(ice::BaseId base, const TransportAddress& source) const;
  bool take_signal(Time now, Bytes message);

  // How the relay is reached
  static std::optional<Transport> stream_of(SocketId socket);
  static SocketId socket_of(Transport stream) { return stream == Transport::tls ? kTlsSocket : kTcpSocket; }
  const TransportAddress& relay_at(Transport transport) const;
  const TransportAddress* stun_server_for(Family family) const;
  bool hear_binding(const TransportAddress& source, const stun::MessageView& message);
  std::optional<ice::BaseId> early_base(Family family) const;
  void choose_transports(Time now);
  void try_transports(Time now);
  void hear_over_udp();
  void leave_other_streams();

  // What happens when
  void start_relay_clients(Time now);
  void advance(Time now);
  void take_reflexive(Time now);
  void take_relayed(Time now, const turn::Allocated& allocated);
  void lose_allocation(Time now, const turn::AllocationLost& lost);
  void forget_allocation(Time now);
  void watch_allocation(Time now);
  void redial(Time now);
  void close_stream(Time now);
  void take_delivery(Time now, const rendezvous::PeerId& from, Bytes message);
  void take_description(Time now, const rendezvous::Description& description);
  void withdraw_peer_relays(Time now, const rendezvous::Description& description);
  void take_remote(Time now, const ice::Candidate& candidate);
  void permit(Time now, const IpAddress& address);
  void offer_when_ready(Time now);
  void conclude_loss(Time now);
  void add_local(const std::optional<ice::Candidate>& candidate);
  void start_checks(Time now, Time first_check);
  void update_path(Time now);
  void fail(const char* reason);
  bool reflexive_known() const;
  bool gathered() const { return reflexive_known() && turn_done_; }
  bool uses_stream() const { return relay_choice_.chosen() && is_stream(*relay_choice_.chosen()); }

  // Outgoing
  std::optional<Output> poll_owed(Time now, MutableBytes out);
  std::optional<Output> poll_greeting(Time now, MutableBytes out);
  std::optional<Output> poll_gatherers(MutableBytes out);
  std::optional<Output> poll_turn(Time now, MutableBytes out);
  std::optional<Output> poll_rendezvous(Time now, MutableBytes out);
  std::optional<Output> poll_ice(Time now, MutableBytes out);
  Transmit to_relay(std::size_t size) const { return {relay_socket_, config_.relay, size, 0}; }
  std::optional<Transmit> seal_on(Time now, const Route& route, session::Kind kind, Bytes plaintext, MutableBytes out);
  std::optional<Transmit> send_from(ice::BaseId base, const TransportAddress& remote, Bytes bytes, MutableBytes out);
  Deadline deadline(Time now) const;

  Config config_;
  const Policy* policy_;
  Rng* rng_;
  stun::LongTermClient credential_;
  ice::Agent ice_;
  turn::Client turn_;
  rendezvous::Client rendezvous_;
  session::Session session_;
  Signalling signalling_;
  DataPath paths_;
  rendezvous::Description local_;
  bool local_changed_ = false;  ///< since it was last told to the peer
  std::optional<stun::StreamFramer> framer_;
  std::array<Socket, kMaxSockets> sockets_;
  std::size_t socket_count_ = 0;
  RelayChoice relay_choice_;
  SocketId relay_socket_;
  std::array<TransportAddress, 8> peer_relays_{};  ///< the peer's relayed candidates
  std::size_t peer_relay_count_ = 0;
  std::array<IpAddress, turn::Client::kMaxPeers> permitted_{};  ///< asked for again with each new allocation
  std::size_t permitted_count_ = 0;
  Redial allocation_redial_, stream_redial_;

  bool relay_started_ = false;
  bool turn_started_ = false;
  bool turn_done_ = false;  ///< allocated, or refused
  bool described_ = false;  ///< the peer's first description is here
  bool checking_ = false;
  bool connected_ = false;
  bool failed_ = false;
  bool relay_closed_ = false;  ///< the stream to the relay has ended
  bool allocated_once_ = false;
  bool relay_replaced_ = false;  ///< the last change of `local_` took an earlier relayed candidate back
  bool doubted_ = false;         ///< the relay was asked whether the allocation still stands
  bool registered_once_ = false;
  bool ice_lost_ = false;           ///< consent of the last selected path expired
  Time lost_for_good_at_ = kNever;  ///< while `ice_lost_`: no new candidate of the peer is waited for any longer
  bool ice_failed_ = false;
  bool again_ = false;  ///< an event was handled: poll the parts once more
  bool quiet_ = false;  ///< every part gave its deadline and was handed nothing since
  Deadline next_;       ///< while quiet: the earliest of those deadlines
  PathKind path_kind_ = PathKind::none;
  std::optional<Route> route_;
  Time offer_by_ = kNever;  ///< the offer leaves without the missing candidates
  Time start_by_ = kNever;  ///< checks begin although the relay did not time them
  Time give_up_at_ = kNever;

  Time ice_deadline_ = kNever, turn_deadline_ = kNever, rendezvous_deadline_ = kNever;
  stun::RetransmissionConstants greeting_constants_;
  stun::Retransmission greeting_timer_{greeting_constants_};

  // What the caller is still to be told. States, not a queue: a caller that polls late hears the latest.
  std::array<bool, 2> owes_close_{};  ///< by kStreams
  std::array<bool, 2> owes_stream_{};
  bool owes_connected_ = false;
  bool owes_greeting_ = false;
  const char* owes_failure_ = nullptr;
  std::optional<Route> told_route_;
  std::size_t received_size_ = 0;
  bool has_received_ = false;
  PathKind received_kind_ = PathKind::none;
  std::array<std::uint8_t, kMaxDatagram> received_;
  std::array<std::uint8_t, kMaxDatagram> scratch_;
  Counters counters_;
};

}  // namespace punchlab::agent
