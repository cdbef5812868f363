// A session from handshake to sealed packets.
//  1. Both handshake payloads arrive; then both directions carry data and signals, in any order, each packet once.
//  2. The handshake is idempotent: a repeated message is a duplicate and is answered with the same bytes.
//  3. A foreign message 1 after the first is unexpected; one of another peer than expected is unknown.
//  4. Nothing is sealed or opened before the handshake; a responder's turn comes only after message 1.
//  5. Data far ahead on one path does not age signals on a slower one.
//  6. The message limit ends sealing, and opening of what lies beyond it.
//  7. Sealing in place gives what sealing elsewhere gives.
//  8. Plaintext mode has the same sizes, framing, windows and handshake.
//  9. Too small outputs and too large payloads are refused without harm.
#include "protocol/session/session.hpp"

#include <gmock/gmock.h>

#include "protocol/session/pair_for_test.hpp"

namespace punchlab::session {
namespace {

TEST(Session, HandshakeThenPacketsBothWays) {
  SessionPair pair;
  EXPECT_EQ(SessionPair::read(pair.responder, SessionPair::write(pair.initiator, octets("offer"))), Verdict::accepted);
  EXPECT_EQ(SessionPair::payload, octets("offer"));
  EXPECT_EQ(SessionPair::read(pair.initiator, SessionPair::write(pair.responder, octets("answer"))), Verdict::accepted);
  EXPECT_EQ(SessionPair::payload, octets("answer"));
  EXPECT_TRUE(pair.initiator.established() && pair.responder.established());
  EXPECT_EQ(pair.initiator.handshake_hash(), pair.responder.handshake_hash());
  EXPECT_EQ(pair.responder.peer(), pair.client.public_key());
  const Octets one = SessionPair::seal(pair.initiator, octets("one"));
  const Octets two = SessionPair::seal(pair.initiator, octets("two"), Kind::signal);
  const Octets back = SessionPair::seal(pair.responder, {});
  EXPECT_EQ(SessionPair::open(pair.responder, two), octets("two"));
  EXPECT_EQ(SessionPair::last.kind, Kind::signal);
  EXPECT_EQ(SessionPair::open(pair.responder, one), octets("one"));
  EXPECT_EQ(SessionPair::last.kind, Kind::data);
  EXPECT_EQ(SessionPair::verdict(pair.responder, one), Verdict::replayed);
  EXPECT_EQ(SessionPair::verdict(pair.responder, two), Verdict::replayed);
  EXPECT_EQ(SessionPair::verdict(pair.initiator, back), Verdict::accepted);
  EXPECT_EQ(pair.responder.count(Verdict::replayed), 2u);
}

TEST(Session, RepeatedHandshakeMessagesGetTheSameAnswer) {
  SessionPair pair;
  const Octets first = SessionPair::write(pair.initiator, octets("offer"));
  EXPECT_EQ(SessionPair::write(pair.initiator, octets("another")), first);
  ASSERT_EQ(SessionPair::read(pair.responder, first), Verdict::accepted);
  const Octets second = SessionPair::write(pair.responder, octets("answer"));
  EXPECT_EQ(SessionPair::read(pair.responder, first), Verdict::duplicate);
  EXPECT_EQ(SessionPair::write(pair.responder, octets("answer two")), second);
  ASSERT_EQ(SessionPair::read(pair.initiator, second), Verdict::accepted);
  EXPECT_EQ(SessionPair::read(pair.initiator, second), Verdict::duplicate);
  EXPECT_EQ(SessionPair::open(pair.responder, SessionPair::seal(pair.initiator, octets("x"))), octets("x"));
}

TEST(Session, ForeignHandshakesAreCounted) {
  SessionPair pair;
  pair.establish();
  Session again = Session::initiator(pair.client, pair.connector.public_key(), octets("test"), pair.rng);
  EXPECT_EQ(SessionPair::read(pair.responder, SessionPair::write(again, {})), Verdict::unexpected);
  EXPECT_EQ(SessionPair::read(pair.initiator, SessionPair::write(again, {})), Verdict::unexpected);
  const Identity stranger(KeyPair::generate(pair.rng));
  Session foreign = Session::initiator(stranger, pair.connector.public_key(), octets("test"), pair.rng);
  Session fresh = Session::responder(pair.connector, pair.client.public_key(), octets("test"), pair.rng);
  EXPECT_EQ(SessionPair::read(fresh, SessionPair::write(foreign, {})), Verdict::unknown_peer);
  EXPECT_EQ(SessionPair::read(fresh, SessionPair::write(again, {})), Verdict::accepted) << "unharmed by the stranger";
  Session open = Session::responder(pair.connector, std::nullopt, octets("test"), pair.rng);
  EXPECT_EQ(SessionPair::read(open, SessionPair::write(foreign, {})), Verdict::accepted);
  EXPECT_EQ(open.peer(), stranger.public_key());
}

TEST(Session, WrongStaticKeyIsUnauthentic) {
  SessionPair pair;
  Session wrong = Session::initiator(pair.client, pair.client.public_key(), octets("test"), pair.rng);
  EXPECT_EQ(SessionPair::read(pair.responder, SessionPair::write(wrong, {})), Verdict::unauthentic);
  EXPECT_EQ(SessionPair::read(pair.responder, SessionPair::write(pair.initiator, {})), Verdict::accepted);
  const Octets genuine = SessionPair::write(pair.responder, octets("answer"));
  SessionPair other(2);
  other.establish();
  Octets foreign = SessionPair::write(other.responder, octets("answer"));
  std::copy_n(genuine.begin(), 4, foreign.begin());  // the right receiver, the wrong keys
  EXPECT_EQ(SessionPair::read(pair.initiator, foreign), Verdict::unauthentic);
  EXPECT_EQ(SessionPair::read(pair.initiator, genuine), Verdict::accepted);
}

TEST(Session, NothingBeforeTheHandshake) {
  SessionPair pair, other;
  other.establish();
  EXPECT_TRUE(SessionPair::write(pair.responder, octets("too early")).empty());
  EXPECT_TRUE(SessionPair::seal(pair.initiator, octets("x")).empty());
  EXPECT_EQ(SessionPair::verdict(pair.initiator, SessionPair::seal(other.responder, {})), Verdict::not_established);
  EXPECT_EQ(SessionPair::read(pair.initiator, SessionPair::write(other.responder, {})), Verdict::unexpected)
      << "the same seed gives the same index, but no message 1 was sent";
  EXPECT_EQ(pair.initiator.count(Verdict::not_established), 2u);
}

TEST(Session, DataAheadDoesNotAgeSignals) {
  SessionPair pair;
  pair.establish();
  const Octets slow = SessionPair::seal(pair.initiator, octets("candidate"), Kind::signal);
  const Octets late = SessionPair::seal(pair.initiator, octets("late"));
  for (std::uint64_t i = 0; i < ReplayWindow::kSize; ++i)
    ASSERT_EQ(SessionPair::verdict(pair.responder, SessionPair::seal(pair.initiator, octets("d"))), Verdict::accepted);
  EXPECT_EQ(SessionPair::open(pair.responder, slow), octets("candidate"));
  EXPECT_EQ(SessionPair::verdict(pair.responder, late), Verdict::replayed) << "a window of 2048 has passed it";
}

TEST(Session, MessageLimitEndsTheKey) {
  SessionPair limited(1, 3), unlimited(1);
  limited.establish();
  unlimited.establish();
  Octets beyond;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(SessionPair::seal(limited.initiator, octets("x")).empty());
  for (int i = 0; i < 4; ++i) beyond = SessionPair::seal(unlimited.initiator, octets("x"));
  EXPECT_TRUE(SessionPair::seal(limited.initiator, octets("x")).empty());
  EXPECT_EQ(limited.initiator.count(Verdict::exhausted), 1u);
  EXPECT_EQ(SessionPair::verdict(limited.responder, beyond), Verdict::exhausted);
  EXPECT_EQ(SessionPair::verdict(unlimited.responder, beyond), Verdict::accepted) << "the control";
}

TEST(Session, SealsInPlace) {
  SessionPair a(7), b(7);
  a.establish();
  b.establish();
  const Octets text = octets("sealed where it lies");
  Octets packet(Session::kHeaderSize);
  packet.insert(packet.end(), text.begin(), text.end());
  packet.resize(text.size() + Session::kOverhead);
  const std::size_t size = a.initiator.seal(Bytes{packet}.subspan(Session::kHeaderSize, text.size()), packet);
  ASSERT_EQ(size, packet.size());
  EXPECT_EQ(packet, SessionPair::seal(b.initiator, text));
}

TEST(Session, PlaintextModeLooksTheSame) {
  SessionPair sealed;
  Session a = Session::plaintext(Role::initiator), b = Session::plaintext(Role::responder);
  const Octets first = SessionPair::write(a, octets("offer"));
  EXPECT_EQ(first.size(), SessionPair::write(sealed.initiator, octets("offer")).size());
  EXPECT_EQ(SessionPair::read(b, first), Verdict::accepted);
  EXPECT_EQ(SessionPair::payload, octets("offer"));
  const Octets second = SessionPair::write(b, octets("answer"));
  SessionPair::read(sealed.responder, SessionPair::write(sealed.initiator, {}));
  EXPECT_EQ(second.size(), SessionPair::write(sealed.responder, octets("answer")).size());
  EXPECT_EQ(SessionPair::read(b, first), Verdict::duplicate);
  EXPECT_EQ(SessionPair::read(a, second), Verdict::accepted);
  const Octets packet = SessionPair::seal(a, octets("data"), Kind::signal);
  EXPECT_EQ(packet.size(), 4 + Session::kOverhead);
  EXPECT_EQ(SessionPair::open(b, packet), octets("data"));
  EXPECT_EQ(SessionPair::verdict(b, packet), Verdict::replayed);
  EXPECT_EQ(SessionPair::verdict(a, packet), Verdict::wrong_receiver);
}

TEST(Session, RefusesWhatDoesNotFit) {
  SessionPair pair;
  EXPECT_TRUE(SessionPair::write(pair.initiator, Octets(Session::kMaxHandshakePayload + 1)).empty());
  Octets small(50);
  EXPECT_EQ(pair.initiator.write_handshake(Octets(Session::kMaxHandshakePayload), small), 0u);
  const Octets first = SessionPair::write(pair.initiator, {});
  EXPECT_EQ(first.size(), Session::kMaxHandshake) << "the payload of the first call, repeated in full";
  EXPECT_EQ(pair.responder.read_handshake(first, small).verdict, Verdict::malformed);
  EXPECT_EQ(SessionPair::read(pair.responder, first), Verdict::accepted);
  SessionPair::read(pair.initiator, SessionPair::write(pair.responder, {}));
  EXPECT_EQ(pair.initiator.seal(Octets(40), small), 0u);
  const Octets packet = SessionPair::seal(pair.initiator, Octets(60));
  EXPECT_EQ(pair.responder.open(packet, small).verdict, Verdict::malformed);
  EXPECT_EQ(SessionPair::open(pair.responder, packet), Octets(60));
}

TEST(Session, KindsDoNotCollideWithOtherProtocols) {
  for (int first = 0; first < 256; ++first) {
    const std::uint8_t packet[4] = {static_cast<std::uint8_t>(first), 0, 0, 0};
    EXPECT_EQ(kind_of(packet).has_value(), first >= 0xC0 && first <= 0xC3) << first;
  }
  EXPECT_EQ(kind_of(Octets{0xC0, 0, 0}), std::nullopt);
}

}  // namespace
}  // namespace punchlab::session
