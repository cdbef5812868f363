// Seeded fuzzing of the relay; run it with the sanitizers:
// 1. Messages of a real exchange with bytes flipped, cut, grown and joined, from the client's own address.
// 2. Requests with random attributes of random lengths that pass authentication, so that they reach TURN and the broker.
// After each: outputs stay bounded, go to the client or a permitted peer only, and limits hold. A failure names its seed.
#include <gmock/gmock.h>

#include "protocol/relay/relay_lab.hpp"

namespace punchlab::relay {
namespace {

const TransportAddress kClient{IpAddress::v4(192, 0, 2, 1), 1000};

class Mutation : public testing::TestWithParam<std::uint64_t> {
 protected:
  Mutation() { relay.add_socket(kSocket, Transport::udp, kRelay); }

  void feed(Bytes bytes) {
    std::array<std::uint8_t, kMaxDatagram> buffer;
    relay.handle_datagram(now, {kSocket, kClient, bytes});
    int outputs = 0;
    drain(relay, now, buffer, [&](const Output& output, Bytes out) {
      ++outputs;
      const auto* t = std::get_if<Transmit>(&output);
      if (t == nullptr) return;
      EXPECT_LE(t->size, kMaxDatagram);
      if (turn::is_relay_socket(t->socket)) {
        for (const auto& denied : turn::default_denied_prefixes()) EXPECT_FALSE(denied.contains(t->destination.address));
      } else {
        EXPECT_EQ(t->destination, kClient);
        learn(out.first(t->size));
      }
    });
    EXPECT_LT(outputs, 30);
    EXPECT_LE(relay.allocations(), 8u);
  }
  /// Whatever the relay says, a client copes with it.
  void learn(Bytes answer) {
    const auto message = stun::MessageView::parse(answer);
    client.unwrap(answer);
    if (!message) return;
    if (message->has(Attribute::nonce)) nonce = message->text(Attribute::nonce);
    client.handle_message(now, *message);
  }
  std::vector<std::uint8_t> random_request(bool indication) {
    static constexpr std::array kMethods{Method::allocate, Method::refresh, Method::create_permission, Method::channel_bind,
                                         Method::rendezvous_register, Method::rendezvous_forward, Method::send, Method::binding};
    static constexpr std::array<std::uint16_t, 18> kTypes{0x0C, 0x0D, 0x12, 0x12, 0x12, 0x13, 0x17, 0x18, 0x19, 0x19,
                                                          0x19, 0x22, 0x03, 0x26, 0x27, 0x7F01, 0x8022, 0xFF01};
    std::vector<std::uint8_t> bytes(kMaxDatagram);
    stun::TransactionId id;
    rng.fill(id);
    stun::MessageWriter w(bytes, indication ? stun::Class::indication : stun::Class::request,
                          kMethods[rng.below(kMethods.size())], id);
    for (auto n = rng.below(6); n > 0; --n) {
      const auto type = static_cast<Attribute>(rng.chance(0.02) ? rng.below(65536) : kTypes[rng.below(kTypes.size())]);
      std::array<std::uint8_t, 40> value;
      rng.fill(value);
      const auto kind = rng.below(3);
      if (kind == 0) w.address(type, {IpAddress::v4(static_cast<std::uint32_t>(rng.next())), 9});
      if (kind == 1) w.u32(type, rng.chance(0.5) ? 17u << 24 : 0x40000000u + static_cast<std::uint32_t>(rng.below(4) << 16));
      if (kind == 2) w.attribute(type, Bytes{value}.first(rng.below(41)));
    }
    if (!indication) {
      w.text(Attribute::username, "alice");
      w.text(Attribute::realm, "punchlab");
      w.text(Attribute::nonce, nonce);
      w.message_integrity(stun::IntegrityKey::long_term("alice", "punchlab", "secret"));
    }
    bytes.resize(w.finish());
    return bytes;
  }
  void mutate(std::vector<std::uint8_t>& bytes, const std::vector<std::uint8_t>& other) {
    for (auto n = 1 + rng.below(4); n > 0 && !bytes.empty(); --n) {
      switch (rng.below(5)) {
        case 0: bytes[rng.below(bytes.size())] ^= static_cast<std::uint8_t>(1u << rng.below(8)); break;
        case 1: bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.next()); break;
        case 2: bytes.resize(rng.below(bytes.size() + 1)); break;
        case 3: bytes.resize(std::min(kMaxDatagram, bytes.size() + rng.below(20)), static_cast<std::uint8_t>(rng.next())); break;
        default: {
          const auto cut = rng.below(std::min(bytes.size(), other.size()) + 1);
          bytes.resize(cut);
          bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(cut), other.end());
        }
      }
    }
  }

  SeededRng rng{{GetParam(), 0, 0, purpose_of("mutation")}};
  Server relay{lab_config(), rng};
  Time now = kTimeOrigin;
  Policy policy;
  stun::LongTermClient credentials{"alice", "secret"};
  turn::Client client{policy, credentials, kRelay, Transport::udp, rng};
  std::string nonce;
};

TEST_P(Mutation, OfARealExchange) {
  std::vector<std::vector<std::uint8_t>> corpus{{0x40, 0x00, 0x00, 0x02, 0x01, 0x02}};
  std::array<std::uint8_t, kMaxDatagram> buffer;
  client.start(now);
  client.permit(now, kPeer.address);
  client.bind_channel(now, kPeer);
  for (;;) {
    const auto event = client.poll(now, buffer);
    if (std::holds_alternative<Deadline>(event)) break;
    const auto* send = std::get_if<turn::Send>(&event);
    if (send == nullptr) continue;
    corpus.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(send->size));
    feed(corpus.back());
  }
  ASSERT_TRUE(client.allocated());
  const auto size = client.wrap({kPeer.address, 1}, corpus[0], buffer);
  corpus.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
  for (int i = 0; i < 1000; ++i) {
    auto bytes = corpus[rng.below(corpus.size())];
    mutate(bytes, corpus[rng.below(corpus.size())]);
    feed(bytes);
    if (rng.chance(0.01)) now += Duration{static_cast<std::int64_t>(rng.below(100'000'000'000))};
  }
  EXPECT_GT(relay.counters().malformed, 100u);
}

TEST_P(Mutation, OfAuthenticatedRequests) {
  feed(random_request(false));
  for (int i = 0; i < 1000; ++i) {
    feed(random_request(rng.chance(0.2)));
    if (rng.chance(0.01)) now += Duration{static_cast<std::int64_t>(rng.below(100'000'000'000))};
  }
  EXPECT_GT(relay.counters().authenticated, 300u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Mutation, testing::Range<std::uint64_t>(0, 20));

}  // namespace
}  // namespace punchlab::relay
