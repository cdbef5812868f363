#pragma once
// A relay's broker and peers joined by pipes with latency, loss and duplication, in virtual time. For tests.
#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/rendezvous/broker.hpp"
#include "protocol/rendezvous/client.hpp"

namespace punchlab::rendezvous {

using Octets = std::vector<std::uint8_t>;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline Octets octets(std::string_view text) { return {text.begin(), text.end()}; }

inline PeerId peer_named(std::string_view name) {
  PeerId id;
  std::copy(name.begin(), name.end(), id.bytes.begin());
  return id;
}

class World {
 public:
  struct Message {
    PeerId from;
    Octets payload;
    Time at;
  };
  struct Peer {
    Peer(World& w, std::string_view user, std::string_view password, const PeerId& id, Duration one_way)
        : world(w), credential(user, password), id_(id), client(w.policy, credential, id, w.rng), latency(one_way) {}
    World& world;
    stun::LongTermClient credential;
    PeerId id_;
    Client client;
    Duration latency;                          ///< one way, between this peer and the relay
    FiveTuple flow;                            ///< as the relay sees it
    std::function<void(const Message&)> on_message;
    std::vector<Registered> registered;
    std::vector<Message> delivered;
    std::vector<StartIn> starts;
    std::vector<Unavailable> unavailable;
    std::vector<ForwardFailed> failed;
    int sent = 0;

    bool forward(const Octets& payload, const PeerId& to, bool timed = false) {
      const bool taken = client.forward(world.now, to, payload, timed);
      world.drain(*this);
      return taken;
    }
  };

  explicit World(const BrokerLimits& limits = {}, std::vector<Reservation> reservations = {})
      : broker(limits, reservations) {}

  Peer& add(std::string_view name, std::string_view user = "alice", Duration latency = milliseconds{20},
            std::string_view password = "secret") {
    peers.push_back(std::make_unique<Peer>(*this, user, password, peer_named(name), latency));
    move(*peers.back());
    return *peers.back();
  }
  /// The peer's NAT gives it a new mapping.
  void move(Peer& peer) {
    peer.flow = {Transport::udp, {IpAddress::v4(192, 0, 2, 1), 3478}, {IpAddress::v4(198, 51, 100, 7), next_port_++}};
  }
  void start(Peer& peer) {
    peer.client.start(now);
    drain(peer);
  }
  /// Runs everything that happens until `end`.
  void run_until(Time end) {
    for (Time next = next_time(); next <= end; next = next_time()) {
      now = next;
      step();
    }
    now = end;
  }
  void run_for(Duration d) { run_until(now + d); }

  /// Every datagram that reached the relay, and every one that it sent, all bytes.
  std::vector<Octets> seen;
  std::function<bool()> lost = [] { return false; };
  std::function<bool()> duplicated = [] { return false; };
  Time now = kTimeOrigin;
  Policy policy;
  SeededRng rng{{.seed = 1, .purpose = purpose_of("rendezvous-test")}};
  stun::LongTermServer server{"punchlab", {{"alice", "secret"}, {"bob", "secret"}}, octets("nonce key")};
  Broker broker;
  std::vector<std::unique_ptr<Peer>> peers;
  int unauthenticated = 0;

  void drain(Peer& peer) {
    Octets buffer(kMaxDatagram);
    for (;;) {
      const auto output = peer.client.poll(now, buffer);
      if (const auto* deadline = std::get_if<Deadline>(&output)) {
        peer_deadline(peer) = deadline->at;
        if (deadline->at <= now) throw std::logic_error("a deadline lies in the past");
        return;
      }
      take(peer, output, buffer);
    }
  }
  /// A datagram of the peer, or of somebody who forges its address, on its way to the relay.
  void send_to_relay(Peer& peer, Octets datagram) {
    pipe(peer.latency, [this, &peer, flow = peer.flow, datagram] { arrive_at_relay(peer, flow, datagram); });
  }

 private:
  struct Event {
    Time at;
    std::uint64_t sequence;
    std::function<void()> act;
  };

  void pipe(Duration latency, const std::function<void()>& arrive) {
    if (lost()) return;
    for (int copies = duplicated() ? 2 : 1; copies > 0; --copies)
      events_.push_back({now + latency, sequence_++, arrive});
  }
  void take(Peer& peer, const Client::Output& output, const Octets& buffer) {
    const auto bytes = [&](std::size_t size) {
      return Octets(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    };
    if (const auto* send = std::get_if<Send>(&output)) {
      ++peer.sent;
      send_to_relay(peer, bytes(send->size));
    }
    if (const auto* registered = std::get_if<Registered>(&output)) peer.registered.push_back(*registered);
    if (const auto* start = std::get_if<StartIn>(&output)) peer.starts.push_back(*start);
    if (const auto* lost_it = std::get_if<Unavailable>(&output)) peer.unavailable.push_back(*lost_it);
    if (const auto* failed = std::get_if<ForwardFailed>(&output)) peer.failed.push_back(*failed);
    if (const auto* delivered = std::get_if<Delivered>(&output)) {
      peer.delivered.push_back({delivered->from, bytes(delivered->size), now});
      if (peer.on_message) peer.on_message(Message(peer.delivered.back()));
    }
  }
  void arrive_at_relay(Peer& peer, const FiveTuple& flow, const Octets& datagram) {
    seen.push_back(datagram);
    const auto message = stun::MessageView::parse(datagram);
    if (!message || !Broker::serves(*message)) return;
    const auto result = server.authenticate(now, flow, *message);
    if (const auto* refused = std::get_if<stun::LongTermServer::Refused>(&result)) {
      ++unauthenticated;
      Octets answer(kMaxDatagram);
      answer.resize(server.refuse(now, flow, *message, *refused, answer));
      return send_to_peer(peer, answer);
    }
    broker.handle(now, flow, SocketId{1}, *message, std::get<stun::LongTermServer::Authenticated>(result));
    drain_broker();
  }
  void drain_broker() {
    Octets buffer(kMaxDatagram);
    for (;;) {
      const auto output = broker.poll(now, buffer);
      if (const auto* deadline = std::get_if<Deadline>(&output)) {
        broker_deadline_ = deadline->at;
        return;
      }
      const auto& send = std::get<BrokerSend>(output);
      const auto to = std::ranges::find_if(peers, [&](const auto& p) { return p->flow == send.flow; });
      const Octets datagram(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(send.size));
      if (to != peers.end()) send_to_peer(**to, datagram);  // an old mapping leads nowhere
    }
  }
  void send_to_peer(Peer& peer, const Octets& datagram) {
    seen.push_back(datagram);
    pipe(peer.latency, [this, &peer, datagram] {
      if (const auto message = stun::MessageView::parse(datagram)) peer.client.handle_message(now, *message);
      drain(peer);
    });
  }
  Time& peer_deadline(Peer& peer) {
    const auto at = std::ranges::find_if(peers, [&](const auto& p) { return p.get() == &peer; }) - peers.begin();
    deadlines_.resize(peers.size(), kNever);
    return deadlines_[static_cast<std::size_t>(at)];
  }
  auto first_event() {
    return std::ranges::min_element(events_, {}, [](const Event& e) { return std::pair(e.at, e.sequence); });
  }
  Time next_time() {
    Time next = broker_deadline_;
    for (const Time deadline : deadlines_) next = std::min(next, deadline);
    return events_.empty() ? next : std::min(next, first_event()->at);
  }
  void step() {
    if (const auto first = first_event(); first != events_.end() && first->at <= now) {
      const auto act = std::move(first->act);
      events_.erase(first);
      return act();
    }
    if (broker_deadline_ <= now) {
      broker.handle_timeout(now);
      drain_broker();
    }
    for (auto& peer : peers) {
      if (peer_deadline(*peer) > now) continue;
      peer->client.handle_timeout(now);
      drain(*peer);
    }
  }

  std::vector<Event> events_;
  std::uint64_t sequence_ = 0;
  std::vector<Time> deadlines_;
  Time broker_deadline_ = kNever;
  std::uint16_t next_port_ = 40'000;
};

}  // namespace punchlab::rendezvous
