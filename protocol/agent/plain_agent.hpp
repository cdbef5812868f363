#pragma once
// An agent that speaks the standards only: ICE, STUN and TURN, with application data as it is. There is no rendezvous
// and no end-to-end session: the caller carries credentials and candidates to the peer, which may be anybody's agent.
// It has one UDP socket, and a TCP connection to its TURN server where that is reached so (RFC 8656 section 3.1). The
// verbs are those of protocol/base/endpoint.hpp.
#include <deque>
#include <optional>
#include <string>

#include "protocol/agent/gatherer.hpp"
#include "protocol/base/endpoint.hpp"
#include "protocol/ice/agent.hpp"
#include "protocol/stun/stream_framer.hpp"
#include "protocol/turn/client.hpp"

namespace punchlab::agent {

struct TurnServer {
  TransportAddress address;
  std::string username;  ///< long-term credential
  std::string password;
  Transport transport = Transport::udp;  ///< or tcp
};

/// `policy` must outlive the agent.
struct PlainConfig {
  ice::Role role = ice::Role::controlling;
  const Policy* policy = nullptr;
  std::optional<TransportAddress> stun{};
  std::optional<TurnServer> turn{};
  bool relayed_only = false;  ///< no host and reflexive candidates
};

class PlainAgent {
 public:
  static constexpr SocketId kSocket{1};
  static constexpr SocketId kTurnStream{2};  ///< to the TURN server, if over TCP

  /// `rng` must outlive the agent.
  PlainAgent(const PlainConfig& config, Rng& rng);

  /// Gathers on kSocket, which is bound to `local`.
  void connect(Time now, const TransportAddress& local);
  const ice::Credentials& local_credentials() const { return ice_.local_credentials(); }
  /// The next local candidate that the peer is still to be told; nothing when there is none now.
  std::optional<ice::Candidate> next_candidate();
  /// No further candidate will come.
  bool gathered() const { return reflexive_done_ && turn_done_; }

  /// Checks begin with these. False, and nothing changes, when they are malformed (`ice::Agent`).
  bool set_remote_credentials(Time now, std::string_view ufrag, std::string_view password);
  void add_remote(Time now, const ice::Candidate& candidate);
  void end_of_remote_candidates(Time now);

  void handle_datagram(Time now, const Datagram& datagram);
  /// kTurnStream, which an OpenSocket asked for, is there.
  void handle_stream_opened(Time now);
  /// Its next bytes, cut anywhere. Takes them up to the end of one message and gives how many it took: drain, then hand
  /// over the rest.
  std::size_t handle_stream(Time now, Bytes bytes);
  /// It could not be opened, or has ended: no relayed candidate comes, or the one that there was is lost.
  void handle_stream_closed(Time now);
  void handle_timeout(Time now);
  /// Gives Deadline, Transmit, OpenSocket and CloseSocket (of kTurnStream), PathChanged, Received (any datagram that is
  /// not STUN or TURN) and ConnectionFailed.
  Output poll(Time now, MutableBytes out);
  /// Application data over the selected pair, into `out`; nothing while there is none.
  std::optional<Transmit> send(Time now, Bytes data, MutableBytes out);

  /// The nominated pair.
  std::optional<ice::Path> selected() const { return ice_.selected(); }

 private:
  static constexpr ice::BaseId kSocketBase{0}, kRelayedBase{1}, kStreamBase{2};

  void route(Time now, ice::BaseId base, const TransportAddress& source, Bytes payload);
  void route_stun(Time now, ice::BaseId base, const TransportAddress& source, const stun::MessageView& message);
  void tell(const std::optional<ice::Candidate>& candidate);
  void take_reflexive(Time now);
  void conclude_gathering(Time now);
  std::optional<Output> poll_gatherer(MutableBytes out);
  std::optional<Output> poll_turn(Time now, MutableBytes out);
  std::optional<Output> poll_ice(Time now, MutableBytes out);
  Output path_changed(Time now);
  template <class F>
  void hear(F&& command);
  std::optional<Transmit> send_from(ice::BaseId base, const TransportAddress& remote, Bytes bytes, MutableBytes out);
  bool from_turn_server(ice::BaseId base, const TransportAddress& source) const {
    return turn_ && base == (over_stream() ? kStreamBase : kSocketBase) && source == turn_->server();
  }
  bool over_stream() const { return turn_ && is_stream(turn_->transport()); }
  SocketId turn_socket() const { return over_stream() ? kTurnStream : kSocket; }

  PlainConfig config_;
  stun::LongTermClient credential_;
  ice::Agent ice_;
  std::optional<turn::Client> turn_;
  std::optional<Gatherer> gatherer_;
  std::deque<ice::Candidate> untold_;
  bool reflexive_done_ = false;
  bool turn_done_ = false;
  bool owes_stream_ = false, owes_close_ = false;
  std::optional<stun::StreamFramer> framer_;  ///< while the stream is open
  bool renamed_ = false;                      ///< the selected path's candidates turned out to be of other types
  bool again_ = false;                        ///< an event was handled: poll the parts once more
  Time turn_deadline_ = kNever, ice_deadline_ = kNever;
  PathKind received_kind_ = PathKind::none;
  std::size_t received_size_ = 0;
  bool has_received_ = false;
  std::array<std::uint8_t, kMaxDatagram> received_;
  std::array<std::uint8_t, kMaxDatagram> scratch_;
};

}  // namespace punchlab::agent
