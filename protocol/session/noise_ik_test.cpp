// The handshake alone, against the published vectors of the Noise community (cacophony, public domain).
//  1. With the vector's keys and ephemerals, both messages and the handshake hash are the vector's, byte for byte.
//  2. The transport messages under the split keys are the vector's, in both directions.
//  3. A kept static-static secret changes nothing on the wire.
//  4. Another prologue, or another responder's key, makes message 1 unreadable.
//  5. A public key of low order is refused, never used.
#include "protocol/session/noise_ik.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace punchlab::session {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets from_hex(std::string_view hex) {
  Octets out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

/// Gives out the bytes it was made with, so that a vector's ephemeral key can be injected.
class ScriptedRng final : public Rng {
 public:
  explicit ScriptedRng(const Octets& bytes) {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) words_.push_back(load_u64(bytes.data() + i));
  }
  std::uint64_t next() override {
    const auto word = words_.at(0);
    words_.pop_front();
    return word;
  }

 private:
  std::deque<std::uint64_t> words_;
};

KeyPair key_pair(std::string_view hex) {
  const Octets bytes = from_hex(hex);
  return KeyPair::from_secret(SecretKey{std::span<const std::uint8_t, kKeySize>{bytes}});
}

struct VectorMessage {
  std::string_view payload, ciphertext;
};

// "protocol_name": "Noise_IK_25519_ChaChaPoly_BLAKE2b" of cacophony's vectors/cacophony.txt.
constexpr std::string_view kPrologue = "4a6f686e2047616c74";
constexpr std::string_view kInitiatorStatic = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1";
constexpr std::string_view kInitiatorEphemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
constexpr std::string_view kResponderPublic = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62";
constexpr std::string_view kResponderStatic = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893";
constexpr std::string_view kResponderEphemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b";
constexpr std::string_view kHandshakeHash =
    "1c8fa891cb414fedba6daa7c6f4ae0a6d98e5f9768cc9cecd27e805614943ee9"
    "c8a1b27fbfb76dc197255c8aa69f6b4285c423840b8bedf45e652ca64f797d81";
constexpr VectorMessage kHandshake[2] = {
    {"4c756477696720766f6e204d69736573",
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944ba83a447b38c83e327ad936929812f62"
     "4884847b7831e95e197b2f797088efdd2f88f1db7e1fb0e99c64419097af91cee64e470f4b6fcd9298ce0b56fe20f86e"
     "13bf70439c538e3602a7127af71a29cc"},
    {"4d757272617920526f746862617264",
     "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088439f069b267a06b3de3ecb1043bcb098e9"
     "af91d9c64748d998c7b47890871571"}};
constexpr VectorMessage kTransport[4] = {
    {"462e20412e20486179656b", "cd54383060e7a28434cca27fb1cc524cfbabeb18181589df219d07"},
    {"4361726c204d656e676572", "a856d3bf0246bfc476c655009cd1ed677b8dcc5b349ae8ef2a05f2"},
    {"4a65616e2d426170746973746520536179", "49063084b2c51f098337cb8a13739ac848f907e67cfb2cc8a8b60586467aa02fc7"},
    {"457567656e2042f6686d20766f6e2042617765726b",
     "8b9709d23b47e4639df7678d7a21741eba4ef1e9c60383001c7435549c20f9d56f30e935d3"}};

/// Both ends of the vector's handshake.
struct VectorPair {
  Identity alice{key_pair(kInitiatorStatic)}, bob{key_pair(kResponderStatic)};
  ScriptedRng alice_rng{from_hex(kInitiatorEphemeral)}, bob_rng{from_hex(kResponderEphemeral)};
  NoiseIk initiator = NoiseIk::initiator(alice, bob.public_key(), from_hex(kPrologue), alice_rng);
  NoiseIk responder = NoiseIk::responder(bob, from_hex(kPrologue), bob_rng);

  static Octets write(NoiseIk& side, const Octets& payload) {
    Octets out(300);
    out.resize(side.write_message(payload, out));
    return out;
  }
  static std::optional<Octets> read(NoiseIk& side, const Octets& message) {
    Octets out(300);
    const auto size = side.read_message(message, out);
    if (!size) return std::nullopt;
    out.resize(*size);
    return out;
  }
  void run() {
    const Octets first = write(initiator, from_hex(kHandshake[0].payload));
    EXPECT_EQ(first, from_hex(kHandshake[0].ciphertext));
    EXPECT_EQ(read(responder, first), from_hex(kHandshake[0].payload));
    const Octets second = write(responder, from_hex(kHandshake[1].payload));
    EXPECT_EQ(second, from_hex(kHandshake[1].ciphertext));
    EXPECT_EQ(read(initiator, second), from_hex(kHandshake[1].payload));
  }
};

TEST(NoiseIk, HandshakeIsTheVectors) {
  VectorPair pair;
  EXPECT_THAT(pair.bob.public_key().bytes, testing::ElementsAreArray(from_hex(kResponderPublic)));
  pair.run();
  EXPECT_EQ(pair.responder.remote_static(), pair.alice.public_key());
  EXPECT_THAT(pair.initiator.split().handshake_hash, testing::ElementsAreArray(from_hex(kHandshakeHash)));
  EXPECT_THAT(pair.responder.split().handshake_hash, testing::ElementsAreArray(from_hex(kHandshakeHash)));
}

TEST(NoiseIk, TransportMessagesAreTheVectors) {
  VectorPair pair;
  pair.run();
  const TransportKeys ends[2] = {pair.initiator.split(), pair.responder.split()};
  for (std::size_t i = 0; i < 4; ++i) {
    const Octets payload = from_hex(kTransport[i].payload);
    Octets sealed(payload.size() + kTagSize), opened(payload.size());
    encrypt(ends[i % 2].send, i / 2, {}, payload, sealed.data());
    EXPECT_EQ(sealed, from_hex(kTransport[i].ciphertext)) << "message " << i;
    ASSERT_TRUE(decrypt(ends[1 - i % 2].receive, i / 2, {}, sealed, opened.data()));
    EXPECT_EQ(opened, payload);
  }
}

TEST(NoiseIk, KeptStaticStaticSecretChangesNothing) {
  VectorPair pair;
  ASSERT_TRUE(pair.alice.remember(pair.bob.public_key()));
  ASSERT_TRUE(pair.bob.remember(pair.alice.public_key()));
  pair.run();
}

TEST(NoiseIk, AnotherPrologueOrResponderIsUnreadable) {
  VectorPair pair;
  const Octets first = VectorPair::write(pair.initiator, {1, 2, 3});
  ScriptedRng rng({});
  NoiseIk other_prologue = NoiseIk::responder(pair.bob, from_hex("00"), rng);
  EXPECT_EQ(VectorPair::read(other_prologue, first), std::nullopt);
  NoiseIk other_key = NoiseIk::responder(pair.alice, from_hex(kPrologue), rng);
  EXPECT_EQ(VectorPair::read(other_key, first), std::nullopt);
  EXPECT_EQ(VectorPair::read(pair.responder, first), (Octets{1, 2, 3})) << "the control";
}

TEST(NoiseIk, LowOrderKeyIsRefused) {
  VectorPair pair;
  const PublicKey zero{};
  NoiseIk initiator = NoiseIk::initiator(pair.alice, zero, {}, pair.alice_rng);
  EXPECT_TRUE(VectorPair::write(initiator, {1}).empty());
  Octets first = from_hex(kHandshake[0].ciphertext);
  std::fill_n(first.begin(), kKeySize, std::uint8_t{0});
  EXPECT_EQ(VectorPair::read(pair.responder, first), std::nullopt);
  Identity identity = pair.alice;
  EXPECT_FALSE(identity.remember(zero));
}

}  // namespace
}  // namespace punchlab::session
