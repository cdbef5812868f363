#pragma once
// For tests: a relay, TURN clients and one peer on an in-memory network that loses, doubles and reorders by a seed.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <queue>
#include <vector>

#include "protocol/relay/server.hpp"
#include "protocol/turn/client.hpp"

namespace punchlab::relay {

using namespace std::chrono_literals;
using stun::Attribute;
using stun::Method;

inline const TransportAddress kRelay{IpAddress::v4(203, 0, 113, 1), 3478};
inline const TransportAddress kPeer{IpAddress::v4(198, 51, 100, 7), 5000};
inline constexpr SocketId kSocket{1};

inline Config lab_config() {
  Config config;
  config.users = {{"alice", "secret"}, {"bob", "other"}};
  config.nonce_secret.fill(7);
  config.turn.relayed_v4 = kRelay.address;
  config.turn.first_port = 50000;
  config.turn.last_port = 50999;
  config.turn.max_allocations = 8;
  config.max_streams = 4;
  return config;
}

/// Per datagram, each way.
struct Faults {
  double loss = 0;
  double duplication = 0;
  Duration jitter{0};  ///< uniform on top of the latency; reorders
};

/// One client with its address, its credential and everything it reported.
struct ClientHost {
  ClientHost(const TransportAddress& at, Rng& rng, std::string_view user, std::string_view password)
      : address(at), credentials(user, password), client(policy, credentials, kRelay, Transport::udp, rng) {}

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& event : events)
      if (const auto* e = std::get_if<T>(&event)) found.push_back(*e);
    return found;
  }

  TransportAddress address;
  Policy policy;
  stun::LongTermClient credentials;
  turn::Client client;
  std::vector<turn::Event> events;                ///< all but Deadline and Send
  std::vector<std::pair<TransportAddress, std::vector<std::uint8_t>>> received;
  int sent = 0;
};

class Lab {
 public:
  explicit Lab(std::uint64_t seed = 1, const Faults& faults = {}, const Config& config = lab_config())
      : rng({seed, 0, 0, purpose_of("relay-lab")}), relay(config, rng), faults_(faults) {
    relay.add_socket(kSocket, Transport::udp, kRelay);
  }

  ClientHost& add_client(std::uint16_t port, std::string_view user = "alice", std::string_view password = "secret") {
    const TransportAddress address{IpAddress::v4(192, 0, 2, 1), port};
    clients.push_back(std::make_unique<ClientHost>(address, rng, user, password));
    return *clients.back();
  }
  /// Application data from a client to `peer` through the relay; false when it could not be wrapped.
  bool send(ClientHost& from, const TransportAddress& peer, Bytes payload) {
    const auto size = from.client.wrap(peer, payload, buffer_);
    if (size > 0) put(from.address, kRelay, Bytes{buffer_}.first(size));
    return size > 0;
  }
  void put(const TransportAddress& from, const TransportAddress& to, Bytes payload) {
    if (rng.chance(faults_.loss)) return;
    const int copies = rng.chance(faults_.duplication) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const auto delay = kLatency + Duration{static_cast<std::int64_t>(rng.uniform() * static_cast<double>(faults_.jitter.count()))};
      wire_.push({now + delay, sequence_++, from, to, {payload.begin(), payload.end()}});
    }
  }
  /// Runs everything that happens until `until`.
  void run(Time until) {
    for (;;) {
      drain_all();
      Time next = std::min(until, deadline_);
      if (!wire_.empty()) next = std::min(next, wire_.top().at);
      now = std::max(now, next);
      if (now >= until) return;
      if (!wire_.empty() && wire_.top().at <= now) {
        const auto packet = wire_.top();
        wire_.pop();
        deliver(packet);
      } else {
        relay.handle_timeout(now);
        for (auto& host : clients) host->client.handle_timeout(now);
      }
    }
  }
  void run_for(Duration time) { run(now + time); }

  static constexpr Duration kLatency = std::chrono::milliseconds{10};
  SeededRng rng;
  Server relay;
  Time now = kTimeOrigin;
  std::vector<std::unique_ptr<ClientHost>> clients;
  std::vector<std::pair<TransportAddress, std::vector<std::uint8_t>>> peer_received;  ///< source and payload
  std::map<SocketId, TransportAddress> relay_sockets;

 private:
  struct Packet {
    Time at;
    std::uint64_t sequence;
    TransportAddress from, to;
    std::vector<std::uint8_t> payload;
    bool operator<(const Packet& other) const { return std::tie(other.at, other.sequence) < std::tie(at, sequence); }
  };

  void deliver(const Packet& p) {
    if (p.to == kRelay) return relay.handle_datagram(now, {kSocket, p.from, p.payload});
    if (p.to == kPeer) return void(peer_received.emplace_back(p.from, p.payload));
    for (auto& host : clients)
      if (host->address == p.to) return receive(*host, p.payload);
    for (const auto& [socket, address] : relay_sockets)
      if (address == p.to) return relay.handle_datagram(now, {socket, p.from, p.payload});
  }
  void receive(ClientHost& host, const std::vector<std::uint8_t>& payload) {
    if (const auto data = host.client.unwrap(payload)) {
      host.received.emplace_back(data->peer, std::vector(data->data.begin(), data->data.end()));
    } else if (const auto message = stun::MessageView::parse(payload)) {
      host.client.handle_message(now, *message);
    }
  }
  void drain_all() {
    deadline_ = drain(relay, now, buffer_, [&](const Output& output, Bytes bytes) { take(output, bytes); }).at;
    for (auto& host : clients) deadline_ = std::min(deadline_, drain_client(*host));
  }
  void take(const Output& output, Bytes bytes) {
    if (const auto* open = std::get_if<OpenSocket>(&output)) {
      EXPECT_TRUE(relay_sockets.emplace(open->socket, open->local).second);
    } else if (const auto* close = std::get_if<CloseSocket>(&output)) {
      EXPECT_EQ(relay_sockets.erase(close->socket), 1u);
    } else {
      const auto& t = std::get<Transmit>(output);
      put(t.socket == kSocket ? kRelay : relay_sockets.at(t.socket), t.destination, bytes.first(t.size));
    }
  }
  Time drain_client(ClientHost& host) {
    for (int i = 0; i < 1000; ++i) {
      const auto event = host.client.poll(now, buffer_);
      if (const auto* deadline = std::get_if<Deadline>(&event)) {
        EXPECT_GT(deadline->at, now);
        return deadline->at;
      }
      if (const auto* send = std::get_if<turn::Send>(&event)) {
        ++host.sent;
        put(host.address, kRelay, Bytes{buffer_}.first(send->size));
      } else {
        host.events.push_back(event);
      }
    }
    ADD_FAILURE() << "the client never stops giving events";
    return kNever;
  }

  Faults faults_;
  std::priority_queue<Packet> wire_;
  std::uint64_t sequence_ = 0;
  Time deadline_ = kNever;
  std::array<std::uint8_t, 2048> buffer_{};
};

}  // namespace punchlab::relay
