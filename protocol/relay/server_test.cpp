// The relay as one server, on UDP:
//  1. Binding gives the mapped address, with OTHER-ADDRESS once all four addresses of RFC 5780 stand; a CHANGE-REQUEST
//  is
//     answered from the other socket then, and refused with 420 before.
//  2. Unknown methods, responses, garbage and unknown sockets get no answer and are counted; a Binding indication is
//  quiet.
//  3. Two peers register and pass a message through the broker with the same credentials as TURN.
//  4. Everything a stranger can send, in a flood, changes no state: a relay that saw it goes on bit-identically to one
//  that
//     did not, asks for no socket and allocates no memory.
//  5. The data path through the relay allocates no memory.
//  6. A full outbox drops and counts, and loses nothing that was queued.
//  7. Reset makes it as new: the same exchange gives the same bytes.
#include <gmock/gmock.h>

#include "protocol/base/count_of_news.hpp"
#include "protocol/relay/relay_lab.hpp"
#include "protocol/rendezvous/client.hpp"

namespace punchlab::relay {
namespace {

const std::vector<std::uint8_t> kHello{'h', 'e', 'l', 'l', 'o'};
const TransportAddress kClient{IpAddress::v4(192, 0, 2, 1), 1000};

struct Sent {
  Transmit how;
  std::vector<std::uint8_t> bytes;
  stun::MessageView message() const { return stun::MessageView::parse(bytes).value(); }
};

/// All that the relay says until it waits; socket events are counted in `sockets`.
std::vector<Sent> take(Server& relay, Time now, int* sockets = nullptr) {
  std::array<std::uint8_t, kMaxDatagram> buffer;
  std::vector<Sent> all;
  drain(relay, now, buffer, [&](const Output& output, Bytes bytes) {
    if (const auto* t = std::get_if<Transmit>(&output)) {
      const auto part = bytes.first(t->size);
      all.push_back({*t, {part.begin(), part.end()}});
    } else if (sockets != nullptr) {
      ++*sockets;
    }
  });
  return all;
}

template <class Write>
std::vector<std::uint8_t> message(stun::Class kind, Method method, Write&& write) {
  std::vector<std::uint8_t> bytes(kMaxDatagram);
  stun::MessageWriter writer(bytes, kind, method, {1, 2, 3});
  write(writer);
  bytes.resize(writer.finish());
  return bytes;
}
std::vector<std::uint8_t> plain(stun::Class kind, Method method) {
  return message(kind, method, [](auto&) {});
}

class RelayTest : public testing::Test {
 protected:
  RelayTest() { relay.add_socket(kSocket, Transport::udp, kRelay); }
  std::vector<Sent> ask(const std::vector<std::uint8_t>& bytes, SocketId socket = kSocket) {
    relay.handle_datagram(now, {socket, kClient, bytes});
    return take(relay, now);
  }
  static Config config() {
    auto c = lab_config();
    c.discovery = discovery::ServerAddresses{{kRelay.address, IpAddress::v4(203, 0, 113, 2)}, {3478, 3479}};
    return c;
  }
  SeededRng rng{{1, 0, 0, 2}};
  Server relay{config(), rng};
  Time now = kTimeOrigin;
};

TEST_F(RelayTest, AnswersBindingAndDiscovery) {
  const auto binding = plain(stun::Class::request, Method::binding);
  const auto change =
      message(stun::Class::request, Method::binding, [](auto& w) { w.u32(Attribute::change_request, 0x06); });
  auto sent = ask(binding);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].how.socket, kSocket);
  EXPECT_EQ(sent[0].how.destination, kClient);
  EXPECT_EQ(sent[0].message().address(Attribute::xor_mapped_address), kClient);
  EXPECT_FALSE(sent[0].message().has(Attribute::other_address));
  EXPECT_EQ(ask(change).at(0).message().error().value().code, 420);
  for (std::uint32_t i = 1; i < 4; ++i) relay.add_socket({i + 1}, Transport::udp, config().discovery->at(i));
  EXPECT_EQ(ask(binding).at(0).message().address(Attribute::other_address), config().discovery->at(3));
  sent = ask(change);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].how.socket, SocketId{4});
  EXPECT_EQ(relay.counters().bindings, 4u);
}

TEST_F(RelayTest, CountsWhatItDoesNotAnswer) {
  EXPECT_TRUE(ask(plain(stun::Class::request, static_cast<Method>(0x0AB))).empty());
  EXPECT_TRUE(ask(plain(stun::Class::indication, Method::data)).empty());
  EXPECT_EQ(relay.counters().unknown_method, 2u);
  EXPECT_TRUE(ask(plain(stun::Class::success, Method::binding)).empty());
  EXPECT_EQ(relay.counters().unexpected, 1u);
  EXPECT_TRUE(ask({}).empty());
  EXPECT_TRUE(ask({0x80, 1, 2, 3}).empty());
  EXPECT_EQ(relay.counters().malformed, 2u);
  EXPECT_TRUE(ask(kHello, SocketId{77}).empty());
  EXPECT_TRUE(ask(kHello, SocketId{turn::kFirstRelaySocket + 5}).empty());
  EXPECT_EQ(relay.counters().unknown_socket, 1u);
  EXPECT_EQ(relay.turn_counters().no_allocation, 1u);
  EXPECT_TRUE(ask(plain(stun::Class::indication, Method::binding)).empty());
  EXPECT_EQ(relay.counters().unknown_method, 2u);
}

struct RendezvousHost {
  RendezvousHost(std::uint16_t port, std::uint8_t id, std::string_view user, std::string_view password, Rng& rng)
      : address{IpAddress::v4(192, 0, 2, 1), port},
        credentials(user, password),
        client(policy, credentials, self(id), rng) {}
  static rendezvous::PeerId self(std::uint8_t id) {
    rendezvous::PeerId p{};
    p.bytes.fill(id);
    return p;
  }
  TransportAddress address;
  Policy policy;
  stun::LongTermClient credentials;
  rendezvous::Client client;
  std::vector<std::vector<std::uint8_t>> delivered;
};

TEST_F(RelayTest, BrokersBetweenTwoPeers) {
  RendezvousHost a(1000, 1, "alice", "secret", rng), b(2000, 2, "bob", "other", rng);
  a.client.start(now);
  b.client.start(now);
  EXPECT_TRUE(a.client.forward(now, RendezvousHost::self(2), kHello));
  std::array<std::uint8_t, kMaxDatagram> buffer;
  for (int round = 0; round < 20; ++round) {
    for (auto* host : {&a, &b}) {
      for (auto event = host->client.poll(now, buffer); !std::holds_alternative<Deadline>(event);
           event = host->client.poll(now, buffer)) {
        if (const auto* send = std::get_if<rendezvous::Send>(&event))
          relay.handle_datagram(now, {kSocket, host->address, Bytes{buffer}.first(send->size)});
        if (const auto* got = std::get_if<rendezvous::Delivered>(&event))
          host->delivered.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got->size));
      }
    }
    for (const auto& sent : take(relay, now))
      (sent.how.destination == a.address ? a : b).client.handle_message(now, sent.message());
    now += 5ms;
  }
  EXPECT_EQ(relay.registrations(), 2u);
  EXPECT_THAT(b.delivered, testing::ElementsAre(kHello));
  EXPECT_EQ(relay.counters().challenged, 2u);
}

/// One thing a stranger may send; `i` chooses the kind, `rng` the details.
std::vector<std::uint8_t> strangers_message(std::uint64_t i, Rng& rng) {
  static constexpr std::array kMethods{Method::allocate,
                                       Method::refresh,
                                       Method::create_permission,
                                       Method::channel_bind,
                                       Method::rendezvous_register,
                                       Method::rendezvous_forward,
                                       Method::binding};
  const auto method = kMethods[i % kMethods.size()];
  switch (rng.below(5)) {
    case 0:
      return plain(stun::Class::request, method);
    case 1:
      return message(stun::Class::request, method, [](auto& w) {
        w.u32(Attribute::requested_transport, 17u << 24);
        w.text(Attribute::username, "alice");
        w.text(Attribute::realm, "punchlab");
        w.text(Attribute::nonce, "obMatJos2AAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        w.message_integrity(stun::IntegrityKey::long_term("alice", "punchlab", "guess"));
      });
    case 2:
      return message(stun::Class::indication, Method::send, [](auto& w) {
        w.address(Attribute::xor_peer_address, kPeer);
        w.attribute(Attribute::data, kHello);
      });
    case 3:
      return {0x40, 0x00, 0x00, 0x01, 0x55};
    default: {
      std::vector<std::uint8_t> garbage(rng.below(100));
      rng.fill(garbage);
      return garbage;
    }
  }
}

/// Every message that a relay sends while a client sets up and sends data, after a flood or without one.
std::vector<std::vector<std::uint8_t>> exchange(bool flooded) {
  SeededRng relay_rng({1, 0, 0, 3}), client_rng({1, 0, 0, 4}), flood_rng({1, 0, 0, 5});
  Server relay(lab_config(), relay_rng);
  relay.add_socket(kSocket, Transport::udp, kRelay);
  Time now = kTimeOrigin;
  stun::LongTermClient credentials("alice", "secret");
  turn::Client client(Policy{}, credentials, kRelay, Transport::udp, client_rng);
  const auto flood = [&] {
    std::array<std::uint8_t, kMaxDatagram> buffer;
    for (std::uint64_t i = 0; flooded && i < 2000; ++i) {
      const auto bytes = strangers_message(i, flood_rng);
      const TransportAddress source{IpAddress::v4(static_cast<std::uint32_t>(flood_rng.next())),
                                    static_cast<std::uint16_t>(flood_rng.next())};
      const auto allocations = relay.allocations();
      const auto before = count_of_news();
      relay.handle_datagram(now, {kSocket, source, bytes});
      drain(relay, now, buffer,
            [&](const Output& output, Bytes) { EXPECT_TRUE(std::holds_alternative<Transmit>(output)); });
      EXPECT_EQ(count_of_news(), before);
      EXPECT_EQ(relay.allocations(), allocations);
      EXPECT_EQ(relay.registrations(), 0u);
    }
  };
  std::vector<std::vector<std::uint8_t>> said;
  std::array<std::uint8_t, kMaxDatagram> buffer;
  flood();
  client.start(now);
  client.permit(now, kPeer.address);
  client.bind_channel(now, kPeer);
  for (int round = 0; round < 6; ++round) {
    for (auto event = client.poll(now, buffer); !std::holds_alternative<Deadline>(event);
         event = client.poll(now, buffer))
      if (const auto* send = std::get_if<turn::Send>(&event))
        relay.handle_datagram(now, {kSocket, kClient, Bytes{buffer}.first(send->size)});
    if (const auto size = client.wrap(kPeer, kHello, buffer))
      relay.handle_datagram(now, {kSocket, kClient, Bytes{buffer}.first(size)});
    for (const auto& sent : take(relay, now)) {
      if (const auto m = stun::MessageView::parse(sent.bytes)) client.handle_message(now, *m);
      said.push_back(sent.bytes);
    }
    flood();
    now += 1s;
  }
  EXPECT_EQ(relay.allocations(), 1u);
  if (flooded) {
    EXPECT_GT(relay.counters().wrong_credentials, 1000u);
    EXPECT_GT(relay.counters().challenged, 1000u);
    EXPECT_GT(relay.counters().malformed, 1000u);
    EXPECT_GT(relay.turn_counters().no_allocation, 1000u);
  }
  return said;
}

TEST(RelayFlood, ChangesNoState) {
  const auto quiet = exchange(false);
  EXPECT_GT(quiet.size(), 7u);
  EXPECT_EQ(exchange(true), quiet);
}

TEST(RelayData, AllocatesNoMemory) {
  Lab lab;
  auto& host = lab.add_client(1000);
  host.client.start(lab.now);
  host.client.bind_channel(lab.now, kPeer);
  lab.run_for(1s);
  std::array<std::uint8_t, kMaxDatagram> message, buffer;
  const auto size = host.client.wrap(kPeer, kHello, message);
  const auto socket = lab.relay_sockets.begin()->first;
  int sent = 0;
  const auto before = count_of_news();
  for (int i = 0; i < 1000; ++i) {
    lab.relay.handle_datagram(lab.now, {kSocket, host.address, Bytes{message}.first(size)});
    lab.relay.handle_datagram(lab.now, {socket, kPeer, kHello});
    drain(lab.relay, lab.now, buffer, [&](const Output&, Bytes) { ++sent; });
  }
  const auto after = count_of_news();
  EXPECT_EQ(after, before);
  EXPECT_EQ(sent, 2000);
}

TEST_F(RelayTest, DropsWhenNobodyDrains) {
  const auto binding = plain(stun::Class::request, Method::binding);
  for (int i = 0; i < 100; ++i) relay.handle_datagram(now, {kSocket, kClient, binding});
  EXPECT_EQ(relay.counters().overflows, 36u);
  EXPECT_EQ(take(relay, now).size(), 64u);
  EXPECT_EQ(ask(binding).size(), 1u);
}

TEST(RelayReset, IsAsNew) {
  const auto session = [](Lab& lab) {
    auto& host = lab.add_client(1000);
    host.client.start(lab.now);
    host.client.bind_channel(lab.now, kPeer);
    lab.run_for(1s);
    EXPECT_TRUE(host.client.allocated());
    return host.client.relayed();
  };
  Lab lab, fresh;
  session(lab);
  lab.relay.reset();
  lab.clients.clear();
  lab.relay_sockets.clear();
  lab.now = kTimeOrigin;
  lab.rng = SeededRng({1, 0, 0, purpose_of("relay-lab")});
  EXPECT_EQ(session(lab), session(fresh));
  EXPECT_EQ(lab.relay.counters().received, fresh.relay.counters().received);
}

}  // namespace
}  // namespace punchlab::relay
