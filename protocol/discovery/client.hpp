#pragma once
// Behaviour discovery (RFC 5780) from a host behind a NAT: mapping, filtering, port allocation, pooling, hairpinning,
// lifetimes and refresh direction. Sans-I/O like every endpoint of the core; one request is under way at a time. Unlike
// the data path it may allocate: sockets and tests come and go.
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "protocol/base/rng.hpp"
#include "protocol/discovery/findings.hpp"
#include "protocol/discovery/step.hpp"

namespace punchlab::discovery {

struct ClientOptions {
  TransportAddress server;                        ///< primary address and port
  IpAddress local;                                ///< sockets are bound to it
  std::uint16_t first_port = 40000;               ///< local ports are taken from here up; 0 lets the host choose
  Duration rto = std::chrono::milliseconds{500};  ///< of a request; must exceed the longest round trip
  int tries = 3;                                  ///< requests before an exchange counts as unanswered
  bool lifetimes = true;                          ///< measuring them takes several times the timers themselves
  Duration longest_timer = std::chrono::minutes{30};
};

class Client final : private Context {
 public:
  /// `rng` gives transaction ids and outlives the client.
  Client(const ClientOptions& options, Rng& rng);
  ~Client() override;

  /// Gives OpenSocket, Transmit, CloseSocket and Deadline only. `buffer` holds at least 200 bytes.
  Output poll(Time now, MutableBytes buffer);
  void handle_datagram(Time now, const Datagram& datagram);
  void handle_timeout(Time now);
  /// The host bound `socket` to another local address than OpenSocket said.
  void socket_bound(SocketId socket, const TransportAddress& local);

  bool finished() const { return current_ == tests_.size(); }
  const Findings& findings() const { return Context::findings; }

 private:
  struct Socket {
    TransportAddress local;
    bool announced = false;  ///< OpenSocket was given
    bool open = true;
    bool closed = false;  ///< CloseSocket was given
  };
  struct Request {
    bool active = false;
    bool send_now = false;
    int sent = 0;
    Exchange exchange;
    stun::TransactionId id{};
  };

  SocketId open() override;
  TransportAddress local(SocketId socket) const override { return sockets_[socket.value].local; }
  const ServerAddresses& server() const override { return server_; }
  void set_server(const ServerAddresses& server) override { server_ = server; }
  Duration longest_timer() const override { return options_.longest_timer; }

  void add_tests();
  void advance(Time now);
  void begin(Time now, const Exchange& exchange);
  void end_test();
  std::size_t write_request(MutableBytes buffer);

  ClientOptions options_;
  Rng& rng_;
  ServerAddresses server_;
  std::vector<Socket> sockets_;
  std::size_t first_of_test_ = 0;  ///< sockets below this one belong to earlier tests
  std::size_t unannounced_ = 0;    ///< sockets below this one need no attention of `poll`
  std::size_t unclosed_ = 0;
  std::vector<std::unique_ptr<Test>> tests_;
  std::size_t current_ = 0;
  Request request_;
  Outcome outcome_;
  Time due_ = kNever;  ///< of the next retransmission or the end of a wait
  bool started_ = false;
};

}  // namespace punchlab::discovery
