// What the relay sees. Two peers meet, exchange descriptions, trickle a candidate and pass application data, all through the
// relay. Every byte of every datagram that reached or left the relay is recorded and searched.
//  1. With a session, none of the ufrags, passwords, host addresses, encoded descriptions, application data, static,
//     ephemeral-derived and transport keys appears anywhere.
//  2. Control: with a plaintext session the same search finds every one of them that is sent at all.
//  3. Control: a key that is sent by mistake is found, in whatever position it stands.
//  4. What the relay alters on the way is refused by the peers.
#include <gmock/gmock.h>

#include <map>

#include "protocol/rendezvous/description.hpp"
#include "protocol/rendezvous/world_for_test.hpp"
#include "protocol/session/session.hpp"

namespace punchlab::rendezvous {
namespace {

using session::Identity;
using session::Kind;
using session::KeyPair;
using session::Role;
using session::Session;
using session::Verdict;

constexpr std::string_view kApplicationData = "the application's own words, nobody else's business";

Description description(char mark) {
  Description d;
  d.credentials.ufrag.fill(mark);
  d.credentials.password.fill(static_cast<char>(mark + 1));
  d.credentials.password[3] = '/';
  ice::Candidate c;
  c.address = {IpAddress::v4(192, 168, static_cast<std::uint8_t>(mark), 77), 51'234};
  c.base = c.address;
  d.add(c);
  return d;
}

Octets encoded(const Description& d) {
  Octets out(Description::kMaxSize);
  out.resize(d.write(out));
  return out;
}

Octets bytes_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// One meeting of two peers, everything through the relay.
struct Meeting {
  explicit Meeting(bool sealed)
      : client_identity(KeyPair::generate(world.rng)),
        connector_identity(KeyPair::generate(world.rng)),
        initiator(sealed ? Session::initiator(client_identity, connector_identity.public_key(), {}, world.rng)
                         : Session::plaintext(Role::initiator)),
        responder(sealed ? Session::responder(connector_identity, {}, {}, world.rng)
                         : Session::plaintext(Role::responder)),
        client(world.add("client")),
        connector(world.add("connector", "bob")) {
    client.on_message = [this](const World::Message& m) { receive(initiator, m.payload); };
    connector.on_message = [this](const World::Message& m) { receive(responder, m.payload); };
  }

  void run() {
    world.start(client);
    world.start(connector);
    world.run_for(seconds{1});
    hand_over(client, connector, handshake(initiator, offer));
    hand_over(connector, client, handshake(responder, answer));
    hand_over(client, connector, sealed_packet(initiator, encoded(trickled), Kind::signal));
    hand_over(connector, client, sealed_packet(responder, octets(kApplicationData), Kind::data));
    hand_over(client, connector, sealed_packet(initiator, octets(kApplicationData), Kind::data));
  }
  void hand_over(World::Peer& from, World::Peer& to, const Octets& message) {
    ASSERT_TRUE(from.forward(message, to.id_));
    world.run_for(seconds{1});
  }
  static Octets handshake(Session& session, const Description& d) {
    Octets out(kMaxDatagram);
    out.resize(session.write_handshake(encoded(d), out));
    return out;
  }
  static Octets sealed_packet(Session& session, const Octets& plaintext, Kind kind) {
    Octets out(plaintext.size() + Session::kOverhead);
    out.resize(session.seal(kind, plaintext, out));
    return out;
  }
  void receive(Session& session, const Octets& message) {
    Octets out(kMaxDatagram);
    const auto kind = session::kind_of(message);
    const bool shake = kind == Kind::initiation || kind == Kind::response;
    const auto opened = shake ? session.read_handshake(message, out) : session.open(message, out);
    out.resize(opened.size);
    if (opened.verdict == Verdict::accepted) received.push_back(out);
  }
  bool relay_saw(const Octets& needle) const {
    return std::ranges::any_of(world.seen, [&](const Octets& datagram) {
      return !std::ranges::search(datagram, needle).empty();
    });
  }
  /// What is said between the peers, by name.
  std::map<std::string, Octets> said() const {
    std::map<std::string, Octets> all{{"application data", octets(kApplicationData)}};
    for (const auto* d : {&offer, &answer, &trickled}) {
      const std::string name(1, d->credentials.ufrag[0]);
      all[name + " description"] = encoded(*d);
      all[name + " ufrag"] = Octets(d->credentials.ufrag.begin(), d->credentials.ufrag.end());
      all[name + " password"] = Octets(d->credentials.password.begin(), d->credentials.password.end());
      const auto& host = d->candidates()[0].address;
      Octets address = bytes_of(host.address.bytes());
      address.insert(address.end(), {static_cast<std::uint8_t>(host.port >> 8), static_cast<std::uint8_t>(host.port)});
      all[name + " host address"] = address;
    }
    return all;
  }
  std::map<std::string, Octets> keys() const {
    session::SharedSecret static_static;
    EXPECT_TRUE(client_identity.static_static(connector_identity.public_key(), static_static));
    return {{"client secret key", bytes_of(client_identity.keys().secret.bytes())},
            {"connector secret key", bytes_of(connector_identity.keys().secret.bytes())},
            {"static-static secret", bytes_of(static_static.bytes())},
            {"key to the connector", bytes_of(initiator.keys().send.bytes())},
            {"key to the client", bytes_of(initiator.keys().receive.bytes())}};
  }

  World world;
  Identity client_identity, connector_identity;
  Session initiator, responder;
  World::Peer& client;
  World::Peer& connector;
  Description offer = description('C'), answer = description('K'), trickled = description('T');
  std::vector<Octets> received;
};

TEST(Secrecy, TheRelaySeesNothing) {
  Meeting meeting(true);
  meeting.run();
  ASSERT_EQ(meeting.received.size(), 5u) << "everything arrived, so everything passed the relay";
  ASSERT_GE(meeting.world.seen.size(), 20u);
  EXPECT_EQ(meeting.received[0], encoded(meeting.offer));
  for (const auto& [name, needle] : meeting.said()) EXPECT_FALSE(meeting.relay_saw(needle)) << name;
  for (const auto& [name, needle] : meeting.keys()) EXPECT_FALSE(meeting.relay_saw(needle)) << name;
}

TEST(Secrecy, TheSearchFindsPlaintext) {
  Meeting meeting(false);
  meeting.run();
  ASSERT_EQ(meeting.received.size(), 5u);
  for (const auto& [name, needle] : meeting.said()) EXPECT_TRUE(meeting.relay_saw(needle)) << name;
}

TEST(Secrecy, TheSearchFindsKeys) {
  Meeting meeting(true);
  meeting.run();
  std::size_t shift = 0;
  for (const auto& [name, needle] : meeting.keys()) {
    EXPECT_NE(needle, Octets(needle.size(), 0)) << name << " must be a key, not nothing";
    Octets message(++shift, 0xAA);
    message.insert(message.end(), needle.begin(), needle.end());
    meeting.hand_over(meeting.client, meeting.connector, message);
    EXPECT_TRUE(meeting.relay_saw(needle)) << name;
  }
}

TEST(Secrecy, WhatTheRelayAltersIsRefused) {
  Meeting meeting(true);
  meeting.run();
  SeededRng rng({.seed = 6, .purpose = purpose_of("secrecy-test")});
  const auto before = meeting.received.size();
  for (int i = 0; i < 500; ++i) {
    Octets packet = Meeting::sealed_packet(meeting.initiator, octets(kApplicationData), Kind::data);
    packet[rng.below(packet.size())] ^= static_cast<std::uint8_t>(1 + rng.below(255));
    meeting.receive(meeting.responder, packet);
  }
  EXPECT_EQ(meeting.received.size(), before);
}

}  // namespace
}  // namespace punchlab::rendezvous
