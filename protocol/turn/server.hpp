#pragma once
// The TURN server (RFC 8656) behind a socket owner: takes requests that are already authenticated, and the data path.
// Each call gives at most one message, written straight into the caller's buffer. State exists for authenticated users
// only, within the limits of ServerConfig; after construction only an Allocate of a new highest user index allocates memory.
#include <cstdint>
#include <optional>

#include "protocol/base/endpoint.hpp"
#include "protocol/stun/long_term_server.hpp"
#include "protocol/turn/allocation_table.hpp"
#include "protocol/turn/server_config.hpp"

namespace punchlab::turn {

/// What the server did, and why it dropped what it dropped.
struct ServerCounters {
  std::uint64_t allocated = 0;
  std::uint64_t refused = 0;        ///< authenticated requests answered with an error
  std::uint64_t to_peer = 0;        ///< datagrams relayed from a client, one per datagram also when both ends are ours
  std::uint64_t to_client = 0;      ///< datagrams relayed to a client
  std::uint64_t malformed = 0;      ///< Send indication without peer or data, or with unknown required attributes; bad ChannelData
  std::uint64_t no_allocation = 0;  ///< data of a flow without allocation, or for a closed relayed address
  std::uint64_t no_permission = 0;
  std::uint64_t no_channel = 0;     ///< ChannelData on an unbound channel
  std::uint64_t too_large = 0;      ///< would not fit the caller's buffer once wrapped
};

class Server {
 public:
  /// `rng` must outlive the server; it chooses ports and tokens, so real relays need a secure one.
  Server(const ServerConfig& config, Rng& rng);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// True for requests of the methods that `handle_request` answers.
  static bool serves(const stun::MessageView& message);
  /// Answers an authenticated request that came on `socket` along `flow` (local: ours). Size of the response in `out`.
  std::size_t handle_request(Time now, const FiveTuple& flow, SocketId socket, const stun::MessageView& request,
                             const stun::LongTermServer::Authenticated& user, MutableBytes out);
  /// A Send indication; gives what goes out of the relayed address, or to another client of this server.
  std::optional<Transmit> handle_send(Time now, const FiveTuple& flow, const stun::MessageView& indication, MutableBytes out);
  std::optional<Transmit> handle_channel_data(Time now, const FiveTuple& flow, Bytes message, MutableBytes out);
  /// A peer's datagram that arrived on relay socket `socket`.
  std::optional<Transmit> handle_peer_datagram(Time now, SocketId socket, const TransportAddress& peer, Bytes payload,
                                               MutableBytes out);
  /// The client's stream is gone, and its allocation with it.
  void close_flow(Time now, const FiveTuple& flow);
  /// The host could not open relay socket `socket`; its allocation ends. The client learns it by 437.
  void close_relay_socket(Time now, SocketId socket);
  bool has_allocation(Time now, const FiveTuple& flow) { return table_.find(now, flow) != nullptr; }

  void handle_timeout(Time now) { table_.expire(now); }
  Time deadline() const { return table_.next_expiry(); }
  /// Sockets to open before, and to close after, what the calls above gave is sent.
  std::optional<OpenSocket> next_to_open() { return table_.next_to_open(); }
  std::optional<CloseSocket> next_to_close() { return table_.next_to_close(); }

  const ServerCounters& counters() const { return counters_; }
  std::uint32_t allocations() const { return table_.size(); }
  /// As newly made, without giving memory back. Sockets still open are the caller's to close.
  void reset();

 private:
  struct Request;  ///< what `handle_request` was given, in one piece

  std::size_t allocate(const Request& request);
  std::size_t allocated(const Request& request, const Allocation& allocation);
  std::size_t refresh(const Request& request, Allocation& allocation);
  std::size_t create_permission(const Request& request, Allocation& allocation);
  std::size_t bind_channel(const Request& request, Allocation& allocation);
  int check_peer(const Allocation& allocation, const IpAddress& peer) const;
  std::optional<Duration> lifetime_for(const stun::MessageView& request) const;
  std::size_t refuse(const Request& request, int code);

  std::optional<Transmit> relay_to_peer(Time now, const Allocation& from, const TransportAddress& peer, Bytes payload,
                                        MutableBytes out);
  std::optional<Transmit> relay_to_client(Time now, const Allocation& to, const TransportAddress& peer, Bytes payload,
                                          MutableBytes out);
  std::size_t write_for_client(Time now, const Allocation& to, const TransportAddress& peer, Bytes payload, MutableBytes out);

  ServerConfig config_;
  Rng& rng_;
  AllocationTable table_;
  ServerCounters counters_;
};

}  // namespace punchlab::turn
