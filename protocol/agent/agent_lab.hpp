#pragma once
// For tests: two agents and a relay on an in-memory internet without NATs. The lab can cut, lose and delay, records every
// byte at the relay, and carries numbered application packets. One side may reach the relay over a stream.
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "protocol/agent/agent.hpp"
#include "protocol/relay/server.hpp"

namespace punchlab::agent::lab {

using namespace std::chrono_literals;
using Octets = std::vector<std::uint8_t>;

inline const TransportAddress kRelay{IpAddress::v4(192, 0, 2, 1), 3478};
inline constexpr SocketId kListener{1}, kStreamListener{2}, kStream{10}, kSocket{1}, kAgentStream{0xFFFF};

struct Options {
  std::array<std::string, 2> password{"client-password", "connector-password"};
  std::array<Time, 2> start{kTimeOrigin, kTimeOrigin};
  std::string policy = "relay-first";
  bool session = true;
  std::optional<std::size_t> stream{};  ///< this host reaches the relay over a stream
  const Policy* custom = nullptr;  ///< in the place of `policy`
  bool fallback = false;      ///< that host tries UDP first
  bool wrong_peer = false;    ///< the client expects another key
  std::uint64_t seed = 1;
};

/// One agent, and all that it said.
struct Host {
  std::unique_ptr<SeededRng> rng;
  std::unique_ptr<session::Identity> identity;
  std::unique_ptr<Agent> agent;
  TransportAddress address;
  Time start;
  Time deadline = kNever;
  bool started = false;
  std::vector<PathKind> paths;
  std::vector<std::string> failures;
  int connected = 0;
  Time connected_at = kNever;
  std::vector<std::uint32_t> received;  ///< numbers, in order of arrival
  std::vector<PathKind> received_on;
};

class Lab {
 public:
  explicit Lab(const Options& options = {}) : options_(options), rng_({options.seed, 0, 0, purpose_of("agent-lab")}) {
    relay_config_.users = {{"client", "client-password"}, {"connector", "connector-password"}};
    relay_config_.turn.relayed_v4 = kRelay.address;
    relay = std::make_unique<relay::Server>(relay_config_, rng_);
    relay->add_socket(kListener, Transport::udp, kRelay);
    relay->add_socket(kStreamListener, Transport::tcp, kRelay);
    for (std::size_t i = 0; i < 2; ++i) hosts[i].identity = identity();
    const auto stranger = identity();
    make(0, (options.wrong_peer ? *stranger : *hosts[1].identity).public_key());
    make(1, hosts[0].identity->public_key());
  }

  Agent& client() { return *hosts[0].agent; }
  Agent& connector() { return *hosts[1].agent; }
  Lab& run(Duration time) {
    const Time until = now + time;
    for (;;) {
      const Time next = std::min(next_event(), until);
      if (next >= until) break;
      now = std::max(now, next);
      step();
    }
    now = until;
    return *this;
  }
  /// Sends numbered packets both ways each millisecond for `time`; their number is the next one.
  void talk(Duration time) {
    for (const Time until = now + time; now < until; run(1ms))
      for (std::size_t i = 0; i < 2; ++i) say(i);
  }
  void say(std::size_t i) {
    Octets data(32, 0xA5);
    store_u32(data.data(), next_number[i]);
    const auto out = hosts[i].agent->seal(now, data, buffer_);
    if (!out) return;
    ++next_number[i];
    transmit(i, *out, Bytes{buffer_});
  }

  Options options_;
  SeededRng rng_;
  relay::Config relay_config_;
  std::unique_ptr<relay::Server> relay;
  std::array<Host, 2> hosts;
  std::array<std::uint32_t, 2> next_number{};
  Time now = kTimeOrigin;
  Duration relay_latency = 20ms, direct_latency = 10ms;
  double loss = 0;
  /// Says of each datagram whether it dies: its source and destination.
  std::function<bool(const TransportAddress&, const TransportAddress&, Bytes)> cut = [](auto&, auto&, Bytes) { return false; };
  bool refuse_streams = false;
  std::vector<Time> streams_opened;  ///< or tried
  int streams_closed_by_agent = 0;
  /// The stream breaks: both ends hear of it, and what was under way is lost.
  void close_stream() {
    end_stream();
    auto& host = hosts[*options_.stream];
    host.agent->handle_stream_closed(now, kAgentStream);
    drain_host(*options_.stream);
  }
  Octets seen_by_relay;  ///< every byte in and out

  /// The relay's socket at a relayed address.
  std::optional<SocketId> relayed_socket(const TransportAddress& relayed) const {
    for (const auto& [socket, local] : relay_sockets_)
      if (local == relayed) return socket;
    return std::nullopt;
  }

  static bool between_peers(const TransportAddress& a, const TransportAddress& b) {
    return a.address != kRelay.address && b.address != kRelay.address;
  }

 private:
  struct Packet {
    Time at;
    std::uint64_t order;
    TransportAddress from, to;
    Octets bytes;
    bool stream = false;
    std::size_t generation = 0;  ///< of the stream: what was sent on an earlier one is lost
    bool operator<(const Packet& o) const { return std::tie(o.at, o.order) < std::tie(at, order); }
  };

  std::unique_ptr<session::Identity> identity() {
    return std::make_unique<session::Identity>(session::KeyPair::generate(rng_));
  }
  void make(std::size_t i, const session::PublicKey& peer) {
    auto& host = hosts[i];
    Config config;
    config.role = i == 0 ? Role::initiator : Role::responder;
    config.policy = options_.custom != nullptr ? options_.custom : find_policy(options_.policy);
    config.relay = kRelay;
    config.relay_transport = options_.stream == i && !options_.fallback ? Transport::tcp : Transport::udp;
    if (options_.stream == i) config.relay_tcp = kRelay;
    config.username = i == 0 ? "client" : "connector";
    config.password = options_.password[i];
    config.identity = host.identity.get();
    config.peer = peer;
    config.session = options_.session;
    host.rng = std::make_unique<SeededRng>(RngKey{options_.seed, i, 0, purpose_of("agent")});
    host.agent = std::make_unique<Agent>(config, *host.rng);
    host.address = {IpAddress::v4(198, 51, 100, static_cast<std::uint8_t>(1 + i)), 40000};
    host.agent->add_socket(kSocket, host.address);
    host.start = options_.start[i];
  }
  Time next_event() {
    Time next = wire_.empty() ? kNever : wire_.top().at;
    next = std::min(next, relay_deadline_);
    for (const auto& h : hosts) next = std::min(next, h.started ? h.deadline : h.start);
    return next;
  }
  void step() {
    for (std::size_t i = 0; i < 2; ++i) {
      auto& h = hosts[i];
      if (!h.started && h.start <= now) {
        h.started = true;
        h.agent->connect(now);
        drain_host(i);
      }
      if (h.started && h.deadline <= now) {
        h.agent->handle_timeout(now);
        drain_host(i);
      }
    }
    if (relay_deadline_ <= now) {
      relay->handle_timeout(now);
      drain_relay();
    }
    while (!wire_.empty() && wire_.top().at <= now) {
      const auto packet = wire_.top();
      wire_.pop();
      deliver(packet);
    }
  }
  void put(const TransportAddress& from, const TransportAddress& to, Bytes bytes) {
    if (rng_.chance(loss) || cut(from, to, bytes)) return;
    const bool by_relay = !between_peers(from, to);
    if (by_relay) seen_by_relay.insert(seen_by_relay.end(), bytes.begin(), bytes.end());
    push(from, to, bytes, by_relay ? relay_latency : direct_latency, false);
  }
  void push(const TransportAddress& from, const TransportAddress& to, Bytes bytes, Duration delay, bool stream) {
    wire_.push({now + delay, order_++, from, to, {bytes.begin(), bytes.end()}, stream, streams_opened.size()});
  }
  void deliver(const Packet& p) {
    if (p.stream) return deliver_stream(p);
    for (std::size_t i = 0; i < 2; ++i)
      if (hosts[i].address == p.to) {
        if (!hosts[i].started) return;
        hosts[i].agent->handle_datagram(now, {kSocket, p.from, p.bytes});
        return drain_host(i);
      }
    if (p.to == kRelay) relay->handle_datagram(now, {kListener, p.from, p.bytes});
    if (const auto socket = relayed_socket(p.to)) relay->handle_datagram(now, {*socket, p.from, p.bytes});
    drain_relay();
  }
  /// In pieces of odd sizes that fit no message. A stream that ends takes what is left of them along.
  void deliver_stream(const Packet& p) {
    for (Bytes rest{p.bytes}; !rest.empty() && stream_open_ && p.generation == streams_opened.size();) {
      const auto piece = rest.first(std::min<std::size_t>(rest.size(), 1 + rng_.below(97)));
      std::size_t taken = 0;
      if (p.to == kRelay) {
        taken = relay->handle_stream(now, kStream, piece);
        drain_relay();
      } else {
        taken = hosts[*options_.stream].agent->handle_stream(now, kAgentStream, piece);
        drain_host(*options_.stream);
      }
      rest = rest.subspan(taken);
    }
  }
  void drain_host(std::size_t i) {
    auto& host = hosts[i];
    host.deadline = drain(*host.agent, now, buffer_, [&](const Output& o, Bytes b) { take(i, o, b); }).at;
  }
  void take(std::size_t i, const Output& output, Bytes bytes) {
    auto& host = hosts[i];
    if (const auto* t = std::get_if<Transmit>(&output)) transmit(i, *t, bytes);
    if (const auto* path = std::get_if<PathChanged>(&output)) host.paths.push_back(path->kind);
    if (const auto* failed = std::get_if<ConnectionFailed>(&output)) host.failures.emplace_back(failed->reason);
    if (const auto* data = std::get_if<Received>(&output)) {
      host.received.push_back(load_u32(bytes.data()));
      host.received_on.push_back(data->kind);
    }
    if (std::holds_alternative<Connected>(output)) {
      ++host.connected;
      host.connected_at = now;
    }
    if (std::holds_alternative<OpenSocket>(output)) open_stream(host);
    if (std::holds_alternative<CloseSocket>(output)) {
      ++streams_closed_by_agent;
      end_stream();
    }
  }
  void open_stream(Host& host) {
    streams_opened.push_back(now);
    if (refuse_streams) return host.agent->handle_stream_closed(now, kAgentStream);
    stream_open_ = true;
    const auto port = static_cast<std::uint16_t>(50000 + streams_opened.size());
    relay->handle_stream_opened(now, kStreamListener, kStream, {host.address.address, port});
    host.agent->handle_stream_opened(now, kAgentStream);
  }
  void end_stream() {
    stream_open_ = false;
    relay->handle_stream_closed(now, kStream);
    drain_relay();
  }
  void transmit(std::size_t i, const Transmit& t, Bytes bytes) {
    const auto payload = bytes.first(t.size);
    if (t.socket == kSocket) return put(hosts[i].address, t.destination, payload);
    seen_by_relay.insert(seen_by_relay.end(), payload.begin(), payload.end());
    push(hosts[i].address, kRelay, payload, relay_latency, true);
  }
  void drain_relay() {
    relay_deadline_ = drain(*relay, now, relay_buffer_, [&](const Output& output, Bytes bytes) {
                        if (const auto* open = std::get_if<OpenSocket>(&output)) relay_sockets_.emplace_back(open->socket, open->local);
                        if (const auto* t = std::get_if<Transmit>(&output)) from_relay(*t, bytes.first(t->size));
                      }).at;
  }
  void from_relay(const Transmit& t, Bytes bytes) {
    if (t.socket == kStream) {
      seen_by_relay.insert(seen_by_relay.end(), bytes.begin(), bytes.end());
      return push(kRelay, hosts[*options_.stream].address, bytes, relay_latency, true);
    }
    TransportAddress from = kRelay;
    for (const auto& [socket, local] : relay_sockets_)
      if (socket == t.socket) from = local;
    put(from, t.destination, bytes);
  }

  std::priority_queue<Packet> wire_;
  std::uint64_t order_ = 0;
  bool stream_open_ = false;
  Time relay_deadline_ = kNever;
  std::vector<std::pair<SocketId, TransportAddress>> relay_sockets_;
  std::array<std::uint8_t, kMaxDatagram> buffer_{}, relay_buffer_{};
};

}  // namespace punchlab::agent::lab
