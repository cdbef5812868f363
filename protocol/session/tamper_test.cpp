// Whatever is changed on the wire is refused, and refusing harms nothing.
//  1. Every single flipped bit of message 1, message 2 and sealed packets is refused; the genuine one is accepted after.
//  2. Every truncation, and every extension by a byte, likewise.
//  3. A data packet cannot be passed off as a signal, nor the other way round.
//  4. Random bytes in every verb never do harm (the sanitizers watch) and are never accepted.
//  5. Packets reflected to their sender are refused.
#include <gmock/gmock.h>

#include "protocol/session/pair_for_test.hpp"
#include "protocol/session/session.hpp"

namespace punchlab::session {
namespace {

/// Calls `refused(changed)` with each one-bit change, truncation and extension of `genuine`.
template <class F>
void for_each_change(const Octets& genuine, F&& refused) {
  for (std::size_t bit = 0; bit < genuine.size() * 8; ++bit) {
    Octets changed = genuine;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    ASSERT_TRUE(refused(changed)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < genuine.size(); ++size)
    ASSERT_TRUE(refused(Octets(genuine.begin(), genuine.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  Octets longer = genuine;
  longer.push_back(0);
  ASSERT_TRUE(refused(longer));
}

TEST(Tampering, OfMessage1IsRefused) {
  SessionPair pair;
  const Octets genuine = SessionPair::write(pair.initiator, octets("of"));
  for_each_change(genuine, [&](const Octets& changed) {
    const Verdict verdict = SessionPair::read(pair.responder, changed);
    // X25519 ignores the top bit of a public key (RFC 7748 section 5), but the hash covers it all the same.
    return verdict == Verdict::unauthentic || verdict == Verdict::malformed || verdict == Verdict::wrong_receiver ||
           verdict == Verdict::unexpected;
  });
  EXPECT_EQ(SessionPair::read(pair.responder, genuine), Verdict::accepted);
  EXPECT_EQ(pair.responder.count(Verdict::accepted), 1u);
}

TEST(Tampering, OfMessage2IsRefused) {
  SessionPair pair;
  SessionPair::read(pair.responder, SessionPair::write(pair.initiator, {}));
  const Octets genuine = SessionPair::write(pair.responder, octets("an"));
  for_each_change(genuine, [&](const Octets& changed) {
    return SessionPair::read(pair.initiator, changed) != Verdict::accepted && !pair.initiator.established();
  });
  EXPECT_EQ(SessionPair::read(pair.initiator, genuine), Verdict::accepted);
}

TEST(Tampering, OfPacketsIsRefused) {
  SessionPair pair;
  pair.establish();
  SessionPair::seal(pair.initiator, octets("first"));
  for (const Kind kind : {Kind::data, Kind::signal}) {
    const Octets genuine = SessionPair::seal(pair.initiator, octets("hello"), kind);
    for_each_change(genuine, [&](const Octets& changed) {
      return SessionPair::verdict(pair.responder, changed) != Verdict::accepted;
    });
    EXPECT_EQ(SessionPair::open(pair.responder, genuine), octets("hello"));
  }
}

TEST(Tampering, KindsAreNotInterchangeable) {
  SessionPair pair;
  pair.establish();
  Octets packet = SessionPair::seal(pair.initiator, octets("data"), Kind::data);
  packet[0] = 0xC0 | static_cast<std::uint8_t>(Kind::signal);
  EXPECT_EQ(SessionPair::verdict(pair.responder, packet), Verdict::unauthentic);
}

TEST(Tampering, ReflectedPacketsAreRefused) {
  SessionPair pair;
  pair.establish();
  Octets packet = SessionPair::seal(pair.initiator, octets("data"));
  EXPECT_EQ(SessionPair::verdict(pair.initiator, packet), Verdict::wrong_receiver);
  const Octets from_peer = SessionPair::seal(pair.responder, octets("data"));
  std::copy_n(from_peer.begin(), 4, packet.begin());  // even with the index put right
  EXPECT_EQ(SessionPair::verdict(pair.initiator, packet), Verdict::unauthentic);
}

TEST(Tampering, RandomBytesAreNeverAccepted) {
  SessionPair fresh, pair;
  pair.establish();
  SeededRng rng({.seed = 3, .purpose = purpose_of("tamper-test")});
  for (int i = 0; i < 20'000; ++i) {
    Octets noise(rng.below(1300));
    rng.fill(noise);
    if (noise.size() > 3 && rng.chance(0.9)) noise[0] = static_cast<std::uint8_t>(0xC0 | rng.below(4));
    if (noise.size() > 3 && rng.chance(0.5)) noise[1] = noise[2] = noise[3] = 0;
    ASSERT_NE(SessionPair::verdict(pair.initiator, noise), Verdict::accepted);
    ASSERT_NE(SessionPair::read(pair.responder, noise), Verdict::accepted);
    if (i % 50 != 0) continue;  // the next costs a Diffie-Hellman exchange
    ASSERT_NE(SessionPair::read(fresh.responder, noise), Verdict::accepted);
  }
  EXPECT_GT(fresh.responder.count(Verdict::unauthentic), 10u) << "some must have got as far as the keys";
}

}  // namespace
}  // namespace punchlab::session
