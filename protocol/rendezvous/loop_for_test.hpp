#pragma once
// Client and broker joined without latency, loss or allocation: for counting allocations and for benchmarks.
#include "protocol/rendezvous/broker.hpp"
#include "protocol/rendezvous/client.hpp"

namespace punchlab::rendezvous {

/// One relay and two peers that are served at once. `step` moves time on by a millisecond.
class Loop {
 public:
  Loop() {
    for (std::size_t i = 0; i < 2; ++i) {
      flows_[i] = {Transport::udp, {IpAddress::v4(192, 0, 2, 1), 3478}, {IpAddress::v4(198, 51, 100, 7), kPorts[i]}};
    }
  }
  /// Until nothing is under way.
  void run() {
    for (bool busy = true; busy;) {
      busy = serve(0);
      busy = serve(1) || busy;
    }
    now += std::chrono::milliseconds{1};
  }

  Time now = kTimeOrigin;
  Policy policy;
  SeededRng rng{{.seed = 1}};
  stun::LongTermServer server{"punchlab", {{"alice", "secret"}}, {}};
  Broker broker;
  stun::LongTermClient credential_a{"alice", "secret"}, credential_b{"alice", "secret"};
  Client a{policy, credential_a, PeerId{{1}}, rng}, b{policy, credential_b, PeerId{{2}}, rng};
  int delivered = 0, starts = 0;

 private:
  static constexpr std::uint16_t kPorts[2] = {1111, 2222};
  Client& client(std::size_t i) { return i == 0 ? a : b; }

  /// Takes everything that peer `i` has to say. True when there was something.
  bool serve(std::size_t i) {
    for (bool busy = false;; busy = true) {
      const auto output = client(i).poll(now, buffer_);
      if (std::holds_alternative<Deadline>(output)) return busy;
      if (const auto* send = std::get_if<Send>(&output)) at_relay(i, Bytes{buffer_}.first(send->size));
      delivered += std::holds_alternative<Delivered>(output) ? 1 : 0;
      starts += std::holds_alternative<StartIn>(output) ? 1 : 0;
    }
  }
  void at_relay(std::size_t i, Bytes datagram) {
    const auto message = stun::MessageView::parse(datagram);
    const auto result = server.authenticate(now, flows_[i], *message);
    if (const auto* refused = std::get_if<stun::LongTermServer::Refused>(&result)) {
      const auto size = server.refuse(now, flows_[i], *message, *refused, answer_);
      client(i).handle_message(now, *stun::MessageView::parse(Bytes{answer_}.first(size)));
      return;
    }
    const auto& sender = std::get<stun::LongTermServer::Authenticated>(result);
    broker.handle(now, flows_[i], SocketId{1}, *message, sender);
    for (auto output = broker.poll(now, answer_); std::holds_alternative<BrokerSend>(output);
         output = broker.poll(now, answer_)) {
      const auto& send = std::get<BrokerSend>(output);
      const auto answer = stun::MessageView::parse(Bytes{answer_}.first(send.size));
      client(send.flow == flows_[0] ? 0 : 1).handle_message(now, *answer);
    }
  }

  std::array<FiveTuple, 2> flows_;
  std::array<std::uint8_t, kMaxDatagram> buffer_, answer_;
};

}  // namespace punchlab::rendezvous
