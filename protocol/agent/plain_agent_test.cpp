// Two plain agents and a relay over an in-memory network, 10 ms between any two hosts. Their caller carries credentials
// and candidates between them at once.
//  1. With everything open: host, reflexive-redundant and relayed candidates are told, a direct pair is selected at
//     both, data crosses it both ways and is reported as direct.
//  2. With the direct way cut: relayed at both, data crosses the relay, also from a side without an allocation.
//  3. Only relayed candidates when asked for: nothing else is told.
//  4. Credentials of other lengths than ours are used; empty ones and too long ones are refused.
//  5. Without servers, gathering ends at once.
//  6. A relay that refuses the credential: gathering ends without a relayed candidate, direct still works.
//  7. A delay of relayed checks: where a direct pair stands sooner nothing passes the allocations, which it does
//     without the delay; where direct is cut, relayed checks begin after it.
//  8. With that delay, a peer that checks and nominates a relayed pair sooner is not answered: both become direct
//     without a detour, which is there without the delay. Where direct is cut, it is answered after the delay; at once
//     when neither side has anything but relayed candidates. Candidates later than the delay change nothing.
//  9. A TURN server over TCP: relayed from a side that has no UDP at all, with bytes cut anywhere, until the stream
//     ends; one that cannot be opened leaves the direct way.
// 10. A peer of another maker, whose checks from its allocation say "peer-reflexive", comes before its candidates:
//     relayed from the beginning where the relay is one's own STUN or TURN server; else said so once it is told.
#include "protocol/agent/plain_agent.hpp"

#include <gmock/gmock.h>

#include <map>

#include "protocol/ice/check_message.hpp"
#include "protocol/relay/server.hpp"

namespace punchlab::agent {
namespace {

using namespace std::chrono_literals;
using Octets = std::vector<std::uint8_t>;

const TransportAddress kRelay{IpAddress::v4(192, 0, 2, 1), 3478};
constexpr Duration kLatency = 10ms;

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

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Not;

TEST_F(PlainPair, SelectsADirectPairAndCarriesData) {
  for (const std::size_t i : {0U, 1U}) make(i, servers());
  connect();
  run(2s);
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(peers[i].path, PathKind::direct);
    EXPECT_THAT(peers[i].told, ElementsAre(ice::CandidateType::host, ice::CandidateType::relayed));
    EXPECT_TRUE(peers[i].agent->gathered());
    say(i);
  }
  run(100ms);
  EXPECT_THAT(peers[0].received_on, ElementsAre(PathKind::direct));
  EXPECT_THAT(peers[1].received_on, ElementsAre(PathKind::direct));
}

TEST_F(PlainPair, GoesThroughTheRelayWhereDirectIsCut) {
  make(0, servers());
  make(1, {.stun = kRelay});
  cut_direct = true;
  connect();
  run(8s);
  for (const std::size_t i : {0U, 1U}) {
    ASSERT_EQ(peers[i].path, PathKind::relayed);
    say(i);
  }
  run(200ms);
  EXPECT_THAT(peers[0].received_on, ElementsAre(PathKind::relayed));
  EXPECT_THAT(peers[1].received_on, ElementsAre(PathKind::relayed));
}

TEST_F(PlainPair, TellsOnlyRelayedCandidatesWhenAskedTo) {
  for (const std::size_t i : {0U, 1U}) {
    auto config = servers();
    config.relayed_only = true;
    make(i, config);
  }
  connect();
  run(8s);
  for (const auto& peer : peers) {
    EXPECT_THAT(peer.told, ElementsAre(ice::CandidateType::relayed));
    EXPECT_EQ(peer.path, PathKind::relayed);
  }
}

TEST_F(PlainPair, TakesCredentialsOfOtherLengths) {
  make(0, servers());
  const std::string longest(ice::kMaxUfrag, 'u');
  EXPECT_TRUE(peers[0].agent->set_remote_credentials(now, "abcd", std::string(22, 'p')));
  EXPECT_TRUE(peers[0].agent->set_remote_credentials(now, longest, std::string(256, 'p')));
  EXPECT_FALSE(peers[0].agent->set_remote_credentials(now, longest + "u", "password"));
  EXPECT_FALSE(peers[0].agent->set_remote_credentials(now, "", "password"));
  EXPECT_FALSE(peers[0].agent->set_remote_credentials(now, "abcd", ""));
}

TEST_F(PlainPair, WithoutServersGatheringEndsAtOnce) {
  for (const std::size_t i : {0U, 1U}) make(i, {});
  connect();
  EXPECT_TRUE(peers[0].agent->gathered());
  run(1s);
  EXPECT_EQ(peers[0].path, PathKind::direct);
}

TEST_F(PlainPair, ARefusedCredentialLeavesTheDirectWay) {
  make(0, servers("wrong"));
  make(1, servers());
  connect();
  run(2s);
  EXPECT_TRUE(peers[0].agent->gathered());
  EXPECT_THAT(peers[0].told, Not(Contains(ice::CandidateType::relayed)));
  EXPECT_EQ(peers[0].path, PathKind::direct);
}

TEST_F(PlainPair, ReachesItsTurnServerOverTcp) {
  make(0, servers("password", Transport::tcp));
  make(1, {.stun = kRelay});
  udp_blocked = true;
  connect();
  run(8s);
  EXPECT_THAT(peers[0].told, ElementsAre(ice::CandidateType::host, ice::CandidateType::relayed));
  for (const std::size_t i : {0U, 1U}) {
    ASSERT_EQ(peers[i].path, PathKind::relayed) << i;
    say(i);
  }
  run(200ms);
  for (const auto& peer : peers) EXPECT_THAT(peer.received_on, ElementsAre(PathKind::relayed));
  close_stream();
  run(60s);
  EXPECT_EQ(peers[0].path, PathKind::none);
}
TEST_F(PlainPair, AStreamThatCannotBeOpenedLeavesTheDirectWay) {
  make(0, servers("password", Transport::tcp));
  make(1, servers());
  refuse_streams = true;
  connect();
  run(2s);
  EXPECT_THAT(peers[0].told, Not(Contains(ice::CandidateType::relayed)));
  for (const auto& peer : peers) EXPECT_TRUE(peer.agent->gathered() && peer.path == PathKind::direct);
}

TEST_F(PlainPair, RelayedChecksWaitForTheDirectOnes) {
  direct_latency = 100ms;
  policy.relayed_check_delay = 500ms;
  for (const std::size_t i : {0U, 1U}) make(i, servers());
  connect();
  run(3s);
  EXPECT_EQ(peers[1].path, PathKind::direct);
  EXPECT_EQ(first_relayed, kNever);
}

TEST_F(PlainPair, RelayedChecksLeaveAtOnceWithoutADelay) {
  direct_latency = 100ms;
  for (const std::size_t i : {0U, 1U}) make(i, servers());
  connect();
  run(3s);
  EXPECT_NE(first_relayed, kNever);
}

TEST_F(PlainPair, RelayedChecksBeginAfterTheDelay) {
  policy.relayed_check_delay = 500ms;
  for (const std::size_t i : {0U, 1U}) make(i, servers());
  cut_direct = true;
  connect();
  run(8s);
  EXPECT_EQ(peers[1].path, PathKind::relayed);
  EXPECT_GE(first_relayed, kTimeOrigin + 500ms);
  EXPECT_LT(first_relayed, kTimeOrigin + 700ms);
}

class ForeignPeer : public PlainPair {
 protected:
  ForeignPeer() {
    cut_direct = foreign = true;
    signalling = 3s;
    policy.acceptance_wait_relayed = 100ms;
  }
  void meet(const PlainConfig& known) {
    make(0, known);
    make(1, servers());
    connect();
    run(2s);
  }
};

TEST_F(ForeignPeer, IsRelayedFromTheBeginningOverTheStunServer) {
  meet({.stun = kRelay});
  EXPECT_THAT(peers[0].paths, ElementsAre(PathKind::relayed));
}

TEST_F(ForeignPeer, IsRelayedFromTheBeginningOverTheTurnServer) {
  auto known = servers();
  known.stun.reset();
  meet(known);
  EXPECT_THAT(peers[0].paths, Each(PathKind::relayed));
  EXPECT_FALSE(peers[0].paths.empty());
}

TEST_F(ForeignPeer, OverAnotherRelayIsRelayedOnceItIsTold) {
  meet({});
  EXPECT_THAT(peers[0].paths, ElementsAre(PathKind::direct));
  run(3s);
  EXPECT_THAT(peers[0].paths, ElementsAre(PathKind::direct, PathKind::relayed));
}

class HastyPeer : public PlainPair {
 protected:
  HastyPeer() {
    direct_latency = 150ms;
    hasty.acceptance_wait_relayed = 0ms;
    policy.relayed_check_delay = 500ms;
  }
  void meet(bool relayed_only = false) {
    auto config = servers();
    config.relayed_only = relayed_only;
    make(1, config);
    config.policy = &hasty;
    make(0, config);
    connect();
  }
};

TEST_F(HastyPeer, IsNotAnsweredOverTheRelay) {
  meet();
  run(290ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::none);
  run(500ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::direct);
}

TEST_F(HastyPeer, IsAnsweredWithoutTheDelay) {
  policy.relayed_check_delay = 0ms;
  meet();
  run(290ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::relayed);
}

TEST_F(HastyPeer, IsAnsweredAfterTheDelay) {
  cut_direct = true;
  meet();
  run(500ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::none);
  run(3s);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::relayed);
}

TEST_F(HastyPeer, IsNotAnsweredWhenCandidatesComeLate) {
  signalling = 600ms;
  meet();
  run(890ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::none);
  run(500ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::direct);
}

TEST_F(HastyPeer, IsAnsweredAtOnceWhereAllIsRelayed) {
  meet(true);
  run(400ms);
  for (const auto& peer : peers) EXPECT_EQ(peer.path, PathKind::relayed);
}

}  // namespace
}  // namespace punchlab::agent
