// Long-term and short-term credentials.
// 1. A client without a nonce is challenged with 401; its second request is valid, with SHA-256, and the nonce's age is the
//    time in between. Its response verifies under the same key and not when it is signed with another, or downgraded.
// 2. A client of RFC 5389, which ignores PASSWORD-ALGORITHMS, is valid with MD5 and SHA-1.
// 3. An old nonce, one of another client, and an invented one give 438 with a fresh one, which then works.
// 4. Wrong password, unknown user and wrong realm give 401, and the client gives up on that. Missing attributes give 400.
// 5. A challenge from which PASSWORD-ALGORITHMS was removed is refused; so are unknown algorithms and oversized nonces.
// 6. Every bit of a nonce counts, also once the server knows it.
// 7. Short-term credentials of ICE: the username's first part and the password both matter.
#include <gtest/gtest.h>

#include "protocol/stun/long_term_client.hpp"
#include "protocol/stun/long_term_server.hpp"
#include "protocol/stun/nonce.hpp"
#include "protocol/stun/password_algorithms.hpp"
#include "protocol/stun/short_term.hpp"
#include "protocol/stun/test_vectors.hpp"

namespace punchlab::stun {
namespace {

using namespace std::chrono_literals;
using Buffer = std::array<std::uint8_t, 600>;

constexpr std::array<std::uint8_t, 4> kSecret{1, 2, 3, 4};
constexpr TransactionId kId{9};
const FiveTuple kFlow{Transport::udp, {IpAddress::v4(192, 0, 2, 1), 3478}, {IpAddress::v4(198, 51, 100, 7), 40000}};

LongTermServer make_server(Duration lifetime = 1h) {
  return LongTermServer("punchlab", {{"zoe", "z"}, {"alice", "secret"}, {"bob", "hidden"}}, kSecret, lifetime);
}

/// One request of `client`, and what the server says of it.
struct Exchange {
  Exchange(const LongTermServer& server, const LongTermClient& client, Time now, const FiveTuple& flow = kFlow) {
    MessageWriter writer(request_bytes, Class::request, Method::allocate, kId);
    client.authenticate(writer);
    writer.fingerprint();
    request = MessageView::parse(Bytes{request_bytes}.first(writer.finish()));
    result = server.authenticate(now, flow, *request);
    if (const auto* refused = std::get_if<LongTermServer::Refused>(&result)) {
      refusal = MessageView::parse(
          Bytes{refusal_bytes}.first(server.refuse(now, flow, *request, *refused, refusal_bytes)));
    }
  }
  int code() const {
    const auto* refused = std::get_if<LongTermServer::Refused>(&result);
    return refused != nullptr ? refused->code : 200;
  }
  const LongTermServer::Authenticated& valid() const { return std::get<LongTermServer::Authenticated>(result); }

  Buffer request_bytes, refusal_bytes;
  std::optional<MessageView> request, refusal;
  std::variant<LongTermServer::Authenticated, LongTermServer::Refused> result;
};

TEST(LongTerm, ChallengeThenValidWithSha256) {
  const auto server = make_server();
  LongTermClient client("alice", "secret");
  const Exchange first(server, client, kTimeOrigin);
  EXPECT_EQ(first.code(), 401);
  EXPECT_EQ(first.refusal->error()->code, 401);
  EXPECT_EQ(first.refusal->text(Attribute::realm), "punchlab");
  EXPECT_TRUE(first.refusal->has(Attribute::fingerprint));
  ASSERT_TRUE(client.handle_challenge(*first.refusal, false));
  const Exchange second(server, client, kTimeOrigin + 40ms);
  ASSERT_EQ(second.code(), 200);
  EXPECT_EQ(second.valid().user, 1U);
  EXPECT_EQ(second.valid().nonce_age, 40ms);
  EXPECT_TRUE(second.valid().sha256);
}

TEST(LongTerm, ResponsesVerifyOnlyUnderTheSameKey) {
  const auto server = make_server();
  LongTermClient client("alice", "secret");
  ASSERT_TRUE(client.handle_challenge(*Exchange(server, client, kTimeOrigin).refusal, false));
  const Exchange exchange(server, client, kTimeOrigin);
  const auto signed_with = [](const IntegrityKey& key, bool sha256, Buffer& out) {
    MessageWriter writer(out, Class::success, Method::allocate, kId);
    sha256 ? writer.message_integrity_sha256(key) : writer.message_integrity(key);
    return MessageView::parse(Bytes{out}.first(writer.finish())).value();
  };
  Buffer out;
  EXPECT_TRUE(client.verify(signed_with(*exchange.valid().key, true, out)));
  EXPECT_FALSE(client.verify(signed_with(*exchange.valid().key, false, out)));
  EXPECT_FALSE(client.verify(signed_with(IntegrityKey::short_term("secret"), true, out)));
}

TEST(LongTerm, PlainRfc5389Client) {
  const auto server = make_server();
  LongTermClient nobody("", "");
  const Exchange challenge(server, nobody, kTimeOrigin);
  Buffer buffer;
  MessageWriter writer(buffer, Class::request, Method::allocate, kId);
  writer.text(Attribute::username, "bob");
  writer.text(Attribute::realm, "punchlab");
  writer.text(Attribute::nonce, challenge.refusal->text(Attribute::nonce));
  writer.message_integrity(IntegrityKey::long_term("bob", "punchlab", "hidden"));
  const auto request = MessageView::parse(Bytes{buffer}.first(writer.finish())).value();
  const auto result = server.authenticate(kTimeOrigin, kFlow, request);
  ASSERT_TRUE(std::holds_alternative<LongTermServer::Authenticated>(result));
  EXPECT_EQ(std::get<LongTermServer::Authenticated>(result).user, 2U);
  EXPECT_FALSE(std::get<LongTermServer::Authenticated>(result).sha256);
}

TEST(LongTerm, ServerOfRfc5389) {
  Buffer buffer, request_bytes;
  MessageWriter challenge(buffer, Class::error, Method::allocate, kId);
  challenge.error(401, "Unauthorized");
  challenge.text(Attribute::realm, "r");
  challenge.text(Attribute::nonce, "n");
  LongTermClient client("alice", "secret");
  ASSERT_TRUE(client.handle_challenge(*MessageView::parse(Bytes{buffer}.first(challenge.finish())), false));
  MessageWriter writer(request_bytes, Class::request, Method::allocate, kId);
  client.authenticate(writer);
  const auto request = MessageView::parse(Bytes{request_bytes}.first(writer.finish())).value();
  EXPECT_EQ(check_integrity(request, IntegrityKey::long_term("alice", "r", "secret")), IntegrityResult::valid);
  EXPECT_FALSE(request.has(Attribute::message_integrity_sha256));
  EXPECT_FALSE(request.has(Attribute::password_algorithm));
}

TEST(LongTerm, StaleNonceIsReplaced) {
  const auto server = make_server(1min);
  LongTermClient client("alice", "secret");
  ASSERT_TRUE(client.handle_challenge(*Exchange(server, client, kTimeOrigin).refusal, false));
  EXPECT_EQ(Exchange(server, client, kTimeOrigin + 1min).code(), 200);
  EXPECT_EQ(Exchange(server, client, kTimeOrigin - 1ns).code(), 438);
  auto elsewhere = kFlow;
  elsewhere.remote.port = 40001;
  EXPECT_EQ(Exchange(server, client, kTimeOrigin, elsewhere).code(), 438);
  const auto late = kTimeOrigin + 1min + 1ns;
  const Exchange stale(server, client, late);
  EXPECT_EQ(stale.code(), 438);
  ASSERT_TRUE(client.handle_challenge(*stale.refusal, true));
  EXPECT_EQ(Exchange(server, client, late).code(), 200);
}

TEST(LongTerm, WrongCredentialsAreRefusedForGood) {
  const auto server = make_server();
  for (LongTermClient client : {LongTermClient("alice", "wrong"), LongTermClient("carol", "secret")}) {
    ASSERT_TRUE(client.handle_challenge(*Exchange(server, client, kTimeOrigin).refusal, false));
    const Exchange second(server, client, kTimeOrigin);
    EXPECT_EQ(second.code(), 401);
    EXPECT_FALSE(client.handle_challenge(*second.refusal, true));
  }
  const LongTermServer other("elsewhere", {{"alice", "secret"}}, kSecret);
  LongTermClient client("alice", "secret");
  ASSERT_TRUE(client.handle_challenge(*Exchange(other, client, kTimeOrigin).refusal, false));
  EXPECT_EQ(Exchange(server, client, kTimeOrigin).code(), 401);
}

TEST(LongTerm, IncompleteRequestsAreBad) {
  const auto server = make_server();
  const auto code_of = [&](auto&& fill) {
    Buffer buffer;
    MessageWriter writer(buffer, Class::request, Method::allocate, kId);
    fill(writer);
    writer.message_integrity(IntegrityKey::long_term("alice", "punchlab", "secret"));
    const auto request = MessageView::parse(Bytes{buffer}.first(writer.finish())).value();
    return std::get<LongTermServer::Refused>(server.authenticate(kTimeOrigin, kFlow, request)).code;
  };
  EXPECT_EQ(code_of([](MessageWriter&) {}), 400);
  const auto complete = [](MessageWriter& w) {
    w.text(Attribute::username, "alice");
    w.text(Attribute::realm, "punchlab");
    w.text(Attribute::nonce, "invented");
  };
  EXPECT_EQ(code_of(complete), 438);
  EXPECT_EQ(code_of([&](MessageWriter& w) { complete(w), w.u32(Attribute::password_algorithm, 0x00020000); }), 400);
  EXPECT_EQ(code_of([&](MessageWriter& w) { complete(w), w.attribute(Attribute::password_algorithms, kOfferedAlgorithms); }),
            400);
  EXPECT_EQ(code_of([&](MessageWriter& w) {
              complete(w);
              w.attribute(Attribute::password_algorithms, Bytes{kOfferedAlgorithms}.last(4));
              w.u32(Attribute::password_algorithm, 0x00010000);
            }),
            400);
}

TEST(LongTerm, ChallengesThatWeakenOrMakeNoSenseAreRefused) {
  const auto accepts = [](std::string_view nonce, std::optional<std::vector<std::uint8_t>> algorithms, int code = 401) {
    std::array<std::uint8_t, 1500> buffer;
    MessageWriter writer(buffer, Class::error, Method::allocate, kId);
    writer.error(code, "");
    writer.text(Attribute::realm, "r");
    writer.text(Attribute::nonce, nonce);
    if (algorithms) writer.attribute(Attribute::password_algorithms, *algorithms);
    LongTermClient client("alice", "secret");
    return client.handle_challenge(*MessageView::parse(Bytes{buffer}.first(writer.finish())), false);
  };
  using List = std::vector<std::uint8_t>;
  EXPECT_TRUE(accepts("plain", std::nullopt));
  EXPECT_FALSE(accepts("plain", std::nullopt, 400));
  EXPECT_FALSE(accepts("", std::nullopt));
  EXPECT_TRUE(accepts("obMatJos2AAABx", List{0, 1, 0, 0}));
  EXPECT_FALSE(accepts("obMatJos2AAABx", std::nullopt));
  EXPECT_TRUE(accepts("obMatJos2AAACx", std::nullopt));
  EXPECT_FALSE(accepts("obMatJos2AAABx", List{0, 9, 0, 0}));
  EXPECT_TRUE(accepts("obMatJos2AAABx", List{0, 9, 0, 1, 7, 0, 0, 0, 0, 1, 0, 0}));
  EXPECT_FALSE(accepts("obMatJos2AAABx", List{0, 1, 0, 0, 0}));
  EXPECT_TRUE(accepts(std::string(763, 'n'), std::nullopt));
  EXPECT_FALSE(accepts(std::string(764, 'n'), std::nullopt));
}

TEST(Nonce, EveryBitCounts) {
  const IntegrityKey secret{Bytes{kSecret}};
  auto nonce = make_nonce(kTimeOrigin, kFlow, secret);
  const auto issued = [&] { return nonce_issued({nonce.data(), nonce.size()}, kFlow, secret); };
  ASSERT_EQ(issued(), kTimeOrigin);
  for (std::size_t bit = 0; bit < 8 * nonce.size(); ++bit) {
    nonce[bit / 8] = static_cast<char>(nonce[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(issued()) << bit;
    nonce[bit / 8] = static_cast<char>(nonce[bit / 8] ^ (1 << (bit % 8)));
  }
  EXPECT_FALSE(nonce_issued({nonce.data(), nonce.size() - 1}, kFlow, secret));
  EXPECT_FALSE(nonce_issued({nonce.data(), nonce.size()}, kFlow, IntegrityKey{}));
}

TEST(Nonce, KnownOnesAnswerAsFreshOnes) {
  const IntegrityKey secret{kSecret};
  KnownNonces known;
  std::array<FiveTuple, 200> flows;  // more than there are places
  flows.fill(kFlow);
  for (std::uint16_t i = 0; i < flows.size(); ++i) flows[i].remote.port = static_cast<std::uint16_t>(1000 + i);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const auto made = make_nonce(kTimeOrigin + Duration{i}, flows[i], secret);
      const std::string_view nonce{made.data(), made.size()};
      EXPECT_EQ(known.issued(nonce, flows[i], secret), kTimeOrigin + Duration{i});
      EXPECT_EQ(known.issued(nonce, flows[i], secret), kTimeOrigin + Duration{i});
      EXPECT_FALSE(known.issued(nonce, flows[(i + 1) % flows.size()], secret)) << "another client's";
      auto changed = made;
      changed.back() = changed.back() == 'A' ? 'B' : 'A';
      EXPECT_FALSE(known.issued({changed.data(), changed.size()}, flows[i], secret));
    }
  }
}

TEST(ShortTerm, UsernameAndPasswordBothMatter) {
  const auto bytes = vectors::request();
  const auto request = MessageView::parse(bytes).value();
  const auto key = IntegrityKey::short_term(vectors::kPassword);
  EXPECT_EQ(check_short_term(request, "evtj", key), ShortTermResult::valid);
  EXPECT_EQ(check_short_term(request, "evt", key), ShortTermResult::unauthenticated);
  EXPECT_EQ(check_short_term(request, "evtj:", key), ShortTermResult::unauthenticated);
  EXPECT_EQ(check_short_term(request, "h6vY", key), ShortTermResult::unauthenticated);
  EXPECT_EQ(check_short_term(request, "evtj:h6vY", key), ShortTermResult::unauthenticated);
  EXPECT_EQ(check_short_term(request, "evtj", IntegrityKey::short_term("x")), ShortTermResult::unauthenticated);
  const auto response = vectors::response_v4();
  EXPECT_EQ(check_short_term(*MessageView::parse(response), "evtj", key), ShortTermResult::incomplete);
}

}  // namespace
}  // namespace punchlab::stun
