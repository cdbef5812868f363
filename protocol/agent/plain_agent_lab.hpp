#pragma once
// Two plain agents and a relay over an in-memory network, 10 ms between any two hosts. Their caller carries credentials
// and candidates between them.
#include <gtest/gtest.h>

#include <map>

#include "protocol/agent/plain_agent.hpp"
#include "protocol/ice/check_message.hpp"
#include "protocol/relay/server.hpp"

namespace punchlab::agent::lab {

using namespace std::chrono_literals;
using Octets = std::vector<std::uint8_t>;

inline constexpr TransportAddress kRelay{IpAddress::v4(192, 0, 2, 1), 3478};
inline constexpr Duration kLatency = 10ms;

struct Peer {
  explicit Peer(std::uint64_t seed) : rng({seed, 0, 0, purpose_of("plain-agent")}) {}
  SeededRng rng;
  std::unique_ptr<PlainAgent> agent;
  TransportAddress address;
  Time deadline = kNever;
  std::vector<ice::CandidateType> told;
  PathKind path = PathKind::none;
  std::vector<PathKind> paths;  ///< all that it said
  std::vector<PathKind> received_on;
  bool told_end = false;
};

class PlainPair : public testing::Test {
 protected:
  PlainPair() : relay_rng_({9, 0, 0, purpose_of("relay")}) {
    relay::Config config;
    config.users = {{"user", "password"}};
    config.turn.relayed_v4 = kRelay.address;
    relay_ = std::make_unique<relay::Server>(config, relay_rng_);
    relay_->add_socket(SocketId{1}, Transport::udp, kRelay);
    relay_->add_socket(kListener, Transport::tcp, kRelay);
  }

  void make(std::size_t i, const PlainConfig& wanted) {
    auto config = wanted;
    config.role = i == 0 ? ice::Role::controlling : ice::Role::controlled;
    if (config.policy == nullptr) config.policy = &policy;
    peers[i].agent = std::make_unique<PlainAgent>(config, peers[i].rng);
    peers[i].address = {IpAddress::v4(198, 51, 100, static_cast<std::uint8_t>(i + 1)), 40'000};
  }
  static PlainConfig servers(const char* password = "password", Transport transport = Transport::udp) {
    return {.stun = kRelay, .turn = TurnServer{kRelay, "user", password, transport}};
  }
  void connect() {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& other = peers[1 - i].agent->local_credentials();
      EXPECT_TRUE(peers[i].agent->set_remote_credentials(now, ice::ufrag_of(other), ice::password_of(other)));
      peers[i].agent->connect(now, peers[i].address);
      drain_peer(i);
    }
  }
  void run(Duration time) {
    for (const Time until = now + time; now < until;) {
      Time next = std::min({until, relay_deadline_, peers[0].deadline, peers[1].deadline});
      if (!letters_.empty()) next = std::min(next, letters_.begin()->first);
      if (!wire_.empty()) next = std::min(next, wire_.begin()->first);
      now = next;
      for (std::size_t i = 0; i < 2; ++i)
        if (peers[i].deadline <= now) peers[i].agent->handle_timeout(now), drain_peer(i);
      if (relay_deadline_ <= now) relay_->handle_timeout(now), drain_relay();
      while (!letters_.empty() && letters_.begin()->first <= now) read(letters_.extract(letters_.begin()).mapped());
      while (!wire_.empty() && wire_.begin()->first <= now) deliver(wire_.extract(wire_.begin()).mapped());
    }
  }
  void say(std::size_t i) {
    const Octets data(100, 0x80);
    std::array<std::uint8_t, kMaxDatagram> buffer;
    const auto out = peers[i].agent->send(now, data, buffer);
    ASSERT_TRUE(out);
    put(peers[i].address, out->destination, Bytes{buffer}.first(out->size), out->socket == PlainAgent::kTurnStream);
    drain_peer(i);
  }

  std::array<Peer, 2> peers{Peer{1}, Peer{2}};
  Time now = kTimeOrigin;
  bool cut_direct = false;
  bool udp_blocked = false, refuse_streams = false;  ///< of the first peer
  Duration direct_latency = kLatency;
  Duration signalling{0};  ///< of candidates
  bool foreign = false;    ///< the second peer's checks from its allocation say what RFC 8445 section 7.1.1 wants
  Policy policy = *find_policy("relay-first");
  Policy hasty = policy;        ///< of a peer that nominates relayed pairs as soon as they are valid
  Time first_relayed = kNever;  ///< a datagram reached an allocation

  void close_stream() {
    relay_->handle_stream_closed(now, kRelayStream);
    peers[0].agent->handle_stream_closed(now);
    drain_peer(0);
  }

 private:
  static constexpr SocketId kListener{2}, kRelayStream{1000};
  struct Packet {
    TransportAddress from, to;
    Octets bytes;
    bool stream = false;  ///< of the first peer, to the relay or from it
  };
  void open_stream() {
    if (!refuse_streams) relay_->handle_stream_opened(now, kListener, kRelayStream, peers[0].address);
    refuse_streams ? peers[0].agent->handle_stream_closed(now) : peers[0].agent->handle_stream_opened(now);
    drain_peer(0);
  }
  /// In pieces that fit no message.
  void deliver_stream(const Packet& p) {
    for (Bytes rest{p.bytes}; !rest.empty();) {
      const auto piece = rest.first(std::min<std::size_t>(rest.size(), 7));
      const auto taken =
          p.to == kRelay ? relay_->handle_stream(now, kRelayStream, piece) : peers[0].agent->handle_stream(now, piece);
      rest = rest.subspan(taken);
      p.to == kRelay ? drain_relay() : drain_peer(0);
    }
  }
  struct Letter {
    std::size_t to;
    std::optional<ice::Candidate> candidate;  ///< nothing: their end
  };
  void write(const Letter& letter) {
    const bool at_once = signalling == 0ns || (foreign && letter.to == 1);
    if (at_once) read(letter);
    else letters_.emplace(now + signalling, letter);
  }
  void read(const Letter& letter) {
    auto& agent = *peers[letter.to].agent;
    if (letter.candidate) agent.add_remote(now, *letter.candidate);
    else agent.end_of_remote_candidates(now);
    peers[letter.to].deadline = now + 1ns;
  }
  Octets as_sent(const TransportAddress& from, const TransportAddress& to, Bytes bytes) const {
    const Octets same{bytes.begin(), bytes.end()};
    if (!foreign || to != peers[0].address || from == kRelay) return same;
    const auto check = stun::MessageView::parse(bytes);
    if (!check || check->message_class() != stun::Class::request) return same;
    const auto& own = peers[0].agent->local_credentials();
    const auto key = stun::IntegrityKey::short_term(ice::password_of(own));
    Octets out(kMaxDatagram);
    out.resize(ice::write_check({&peers[1].agent->local_credentials(), ice::ufrag_of(own), nullptr, &key, 1},
                                {.id = check->transaction_id(), .role = ice::Role::controlled},
                                ice::priority_of(ice::CandidateType::peer_reflexive, 1), out));
    return out;
  }
  void put(const TransportAddress& from, const TransportAddress& to, Bytes bytes, bool stream = false) {
    if (udp_blocked && !stream && (from == peers[0].address || to == peers[0].address)) return;
    if (cut_direct && from.address != kRelay.address && to.address != kRelay.address) return;
    const bool direct = from.address != kRelay.address && to.address != kRelay.address;
    wire_.emplace(now + (direct ? direct_latency : kLatency), Packet{from, to, as_sent(from, to, bytes), stream});
  }
  void deliver(const Packet& p) {
    if (p.stream) return deliver_stream(p);
    for (std::size_t i = 0; i < 2; ++i)
      if (peers[i].address == p.to) {
        peers[i].agent->handle_datagram(now, {PlainAgent::kSocket, p.from, p.bytes});
        return drain_peer(i);
      }
    if (p.to == kRelay) relay_->handle_datagram(now, {SocketId{1}, p.from, p.bytes});
    for (const auto& [socket, local] : relayed_)
      if (local == p.to) {
        first_relayed = std::min(first_relayed, now);
        relay_->handle_datagram(now, {socket, p.from, p.bytes});
      }
    drain_relay();
  }
  void drain_peer(std::size_t i) {
    auto& peer = peers[i];
    bool opens = false;
    peer.deadline = drain(*peer.agent, now, buffer_, [&](const Output& output, Bytes bytes) {
                      opens |= std::holds_alternative<OpenSocket>(output);
                      if (const auto* t = std::get_if<Transmit>(&output))
                        put(peer.address, t->destination, bytes.first(t->size), t->socket == PlainAgent::kTurnStream);
                      if (const auto* path = std::get_if<PathChanged>(&output))
                        peer.paths.push_back(peer.path = path->kind);
                      if (const auto* data = std::get_if<Received>(&output)) peer.received_on.push_back(data->kind);
                    }).at;
    while (const auto candidate = peer.agent->next_candidate()) {
      peer.told.push_back(candidate->type);
      write({1 - i, *candidate});
    }
    if (peer.agent->gathered() && !std::exchange(peer.told_end, true)) write({1 - i, {}});
    if (opens) open_stream();
  }
  void drain_relay() {
    relay_deadline_ = drain(*relay_, now, buffer_, [&](const Output& output, Bytes bytes) {
                        if (const auto* open = std::get_if<OpenSocket>(&output))
                          relayed_.emplace_back(open->socket, open->local);
                        const auto* t = std::get_if<Transmit>(&output);
                        if (t == nullptr) return;
                        TransportAddress from = kRelay;
                        for (const auto& [socket, local] : relayed_)
                          if (socket == t->socket) from = local;
                        const bool stream = t->socket == kRelayStream;
                        put(from, stream ? peers[0].address : t->destination, bytes.first(t->size), stream);
                      }).at;
  }

  SeededRng relay_rng_;
  std::unique_ptr<relay::Server> relay_;
  Time relay_deadline_ = kNever;
  std::vector<std::pair<SocketId, TransportAddress>> relayed_;
  std::multimap<Time, Packet> wire_;
  std::multimap<Time, Letter> letters_;
  std::array<std::uint8_t, kMaxDatagram> buffer_{};
};

}  // namespace punchlab::agent::lab
