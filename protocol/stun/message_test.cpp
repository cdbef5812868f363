// Reading and writing messages.
// 1. Round trip: random attributes of random sizes come back equal; class and method too, for all of them.
// 2. A message cut at any byte, or with bytes after its end, is never accepted.
// 3. A single flipped bit anywhere in a vector never leaves a message that is both well-formed and authentic, nor one
//    that still carries a FINGERPRINT.
// 4. Attributes after MESSAGE-INTEGRITY are ignored, except SHA256 and FINGERPRINT; FINGERPRINT must be last.
// 5. Error codes, unknown attributes and the 420 response; malformed values read as absent.
// 6. A buffer that is too small gives size 0 at any size, and nothing beyond it is written.
// 7. Seeded mutations of the vectors hold the fuzzer's invariants.
// 8. A message of more attributes than any method has: each is found, the first of a type is taken, and those after the
//    integrity still do not count.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/stun/message_invariants.hpp"
#include "protocol/stun/test_vectors.hpp"

namespace punchlab::stun {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

constexpr TransactionId kId{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

bool is_authentic(Bytes bytes) {
  const auto view = MessageView::parse(bytes);
  if (!view) return false;
  const auto [user, realm, password] =
      std::tuple{vectors::kLongTermUser, vectors::kLongTermRealm, vectors::kLongTermPassword};
  for (const auto& key : {IntegrityKey::short_term(vectors::kPassword), IntegrityKey::long_term(user, realm, password),
                          IntegrityKey::long_term_sha256(user, realm, password)}) {
    if (check_integrity(*view, key) == IntegrityResult::valid) return true;
  }
  return false;
}

TEST(Message, EveryClassAndMethodComesBack) {
  for (unsigned method = 0; method < 0x1000; ++method) {
    for (const auto c : {Class::request, Class::indication, Class::success, Class::error}) {
      std::array<std::uint8_t, 20> buffer;
      MessageWriter writer(buffer, c, static_cast<Method>(method), kId);
      ASSERT_EQ(writer.finish(), 20U);
      const auto view = MessageView::parse(buffer);
      ASSERT_TRUE(view && view->is(c, static_cast<Method>(method))) << method;
    }
  }
}

TEST(Message, RandomAttributesComeBack) {
  const auto key = IntegrityKey::short_term("secret");
  for (std::uint64_t trial = 0; trial < 2000; ++trial) {
    SCOPED_TRACE(trial);
    SeededRng rng({.seed = 1, .trial = trial});
    std::vector<std::pair<std::uint16_t, std::vector<std::uint8_t>>> attributes(rng.below(8));
    std::array<std::uint8_t, 1500> buffer;
    const auto id = random_transaction_id(rng);
    MessageWriter writer(buffer, Class::indication, Method::data, id);
    for (auto& [type, value] : attributes) {
      type = static_cast<std::uint16_t>(0xA000 + rng.below(0x1000));
      value.resize(rng.below(120));
      rng.fill(value);
      writer.attribute(static_cast<Attribute>(type), value);
    }
    if (rng.chance(0.5)) writer.message_integrity(key);
    if (rng.chance(0.5)) writer.message_integrity_sha256(key);
    if (rng.chance(0.5)) writer.fingerprint();
    const auto view = MessageView::parse(Bytes{buffer}.first(writer.finish()));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->transaction_id(), id);
    EXPECT_NE(check_integrity(*view, key), IntegrityResult::wrong);
    std::size_t i = 0;
    view->for_each([&](const AttributeView& a) {
      if (i == attributes.size()) return;
      EXPECT_EQ(a.type, attributes[i].first);
      EXPECT_THAT(a.value, ElementsAreArray(attributes[i].second));
      ++i;
    });
    EXPECT_EQ(i, attributes.size());
  }
}

TEST(Message, RandomAddressesComeBack) {
  SeededRng rng({.seed = 2});
  for (int i = 0; i < 1000; ++i) {
    std::array<std::uint8_t, 16> bytes;
    rng.fill(bytes);
    const auto v4 = IpAddress::v4(static_cast<std::uint32_t>(rng.next()));
    const TransportAddress address{i % 2 == 0 ? v4 : IpAddress::v6(bytes), static_cast<std::uint16_t>(rng.next())};
    for (const auto type : {Attribute::xor_peer_address, Attribute::mapped_address, Attribute::other_address}) {
      std::array<std::uint8_t, 64> buffer;
      MessageWriter writer(buffer, Class::success, Method::binding, random_transaction_id(rng));
      writer.address(type, address);
      EXPECT_EQ(MessageView::parse(Bytes{buffer}.first(writer.finish()))->address(type), address);
    }
  }
}

TEST(Message, CutAnywhereIsRefused) {
  for (const auto& whole : vectors::all()) {
    ASSERT_TRUE(MessageView::parse(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(MessageView::parse(Bytes{whole}.first(size))) << size;
    }
    auto longer = whole;
    for (int extra = 1; extra <= 8; ++extra) {
      longer.push_back(0);
      EXPECT_FALSE(MessageView::parse(longer)) << extra;
    }
  }
}

TEST(Message, FlippedBitIsNeverAuthentic) {
  for (auto bytes : vectors::all()) {
    ASSERT_TRUE(is_authentic(bytes));
    const bool fingerprinted = MessageView::parse(bytes)->has(Attribute::fingerprint);
    const auto fingerprint_header = bytes.size() - 8;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
      // A flip in FINGERPRINT's own type makes it another attribute after the integrity, which is ignored.
      const bool hides_fingerprint = fingerprinted && bit / 8 >= fingerprint_header && bit / 8 < fingerprint_header + 2;
      EXPECT_EQ(is_authentic(bytes), hides_fingerprint) << bit;
      // A flip in a length may swallow FINGERPRINT; while it is there, it finds every flip.
      const auto view = MessageView::parse(bytes);
      EXPECT_FALSE(fingerprinted && view && view->has(Attribute::fingerprint)) << bit;
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    }
  }
}

TEST(Message, AttributesAfterIntegrityAreIgnored) {
  std::array<std::uint8_t, 200> buffer;
  const auto key = IntegrityKey::short_term("secret");
  MessageWriter writer(buffer, Class::request, Method::binding, kId);
  writer.u32(Attribute::priority, 7);
  writer.message_integrity(key);
  writer.flag(Attribute::use_candidate);
  writer.message_integrity_sha256(key);
  writer.u32(Attribute::lifetime, 9);
  writer.fingerprint();
  const auto view = MessageView::parse(Bytes{buffer}.first(writer.finish())).value();
  EXPECT_EQ(view.u32(Attribute::priority), 7U);
  EXPECT_FALSE(view.has(Attribute::use_candidate));
  EXPECT_FALSE(view.has(Attribute::lifetime));
  EXPECT_TRUE(view.has(Attribute::message_integrity_sha256));
  EXPECT_TRUE(view.has(Attribute::fingerprint));
  EXPECT_EQ(check_integrity(view, key), IntegrityResult::valid);
  EXPECT_EQ(check_integrity(view, IntegrityKey{}), IntegrityResult::wrong);
}

TEST(Message, FingerprintMustBeLast) {
  std::array<std::uint8_t, 200> buffer;
  MessageWriter writer(buffer, Class::request, Method::binding, kId);
  writer.fingerprint();
  writer.u32(Attribute::priority, 7);
  EXPECT_FALSE(MessageView::parse(Bytes{buffer}.first(writer.finish())));
}

TEST(Message, MessageWithoutIntegrityHasNone) {
  std::array<std::uint8_t, 20> buffer;
  MessageWriter writer(buffer, Class::request, Method::binding, kId);
  ASSERT_EQ(writer.finish(), 20U);
  EXPECT_EQ(check_integrity(*MessageView::parse(buffer), IntegrityKey{}), IntegrityResult::missing);
}

TEST(Message, MalformedValuesReadAsAbsent) {
  std::array<std::uint8_t, 200> buffer;
  MessageWriter writer(buffer, Class::error, Method::binding, kId);
  const std::array<std::uint8_t, 6> value{0, 9, 1, 2, 3, 4};
  writer.attribute(Attribute::xor_mapped_address, value);
  writer.attribute(Attribute::priority, value);
  writer.attribute(Attribute::ice_controlled, value);
  const std::array<std::uint8_t, 4> code{0, 0, 2, 99};
  writer.attribute(Attribute::error_code, code);
  const auto view = MessageView::parse(Bytes{buffer}.first(writer.finish())).value();
  EXPECT_FALSE(view.address(Attribute::xor_mapped_address));
  EXPECT_FALSE(view.u32(Attribute::priority));
  EXPECT_FALSE(view.u64(Attribute::ice_controlled));
  EXPECT_FALSE(view.error());
  EXPECT_EQ(view.text(Attribute::realm), "");
}

TEST(Message, ErrorCodesComeBack) {
  for (const int code : {300, 401, 438, 487, 508, 699}) {
    std::array<std::uint8_t, 100> buffer;
    MessageWriter writer(buffer, Class::error, Method::allocate, kId);
    writer.error(code, reason_phrase(code));
    const auto view = MessageView::parse(Bytes{buffer}.first(writer.finish())).value();
    EXPECT_EQ(view.error()->code, code);
    EXPECT_EQ(view.error()->reason, reason_phrase(code));
  }
}

TEST(Message, UnknownRequiredAttributesMakeA420) {
  std::array<std::uint8_t, 200> buffer, answer;
  MessageWriter writer(buffer, Class::request, Method::allocate, kId);
  writer.u32(Attribute::lifetime, 1);
  writer.u32(static_cast<Attribute>(0x7ABC), 1);
  writer.u32(static_cast<Attribute>(0xFABC), 1);
  writer.u32(Attribute::even_port, 1);
  writer.message_integrity(IntegrityKey{});
  writer.fingerprint();
  const auto request = MessageView::parse(Bytes{buffer}.first(writer.finish())).value();
  const auto size = write_unknown_attributes(request, std::array{Attribute::lifetime}, answer);
  const auto view = MessageView::parse(Bytes{answer}.first(size)).value();
  EXPECT_TRUE(view.is(Class::error, Method::allocate));
  EXPECT_EQ(view.transaction_id(), kId);
  EXPECT_EQ(view.error()->code, 420);
  EXPECT_THAT(view.find(Attribute::unknown_attributes)->value, ElementsAre(0x7A, 0xBC, 0x00, 0x18));
  EXPECT_TRUE(view.has(Attribute::fingerprint));
  const std::array known{Attribute::lifetime, Attribute::even_port, static_cast<Attribute>(0x7ABC)};
  EXPECT_EQ(write_unknown_attributes(request, known, answer), 0U);
}

TEST(Message, TooSmallBufferGivesNothing) {
  const auto write = [](MutableBytes buffer) {
    MessageWriter writer(buffer, Class::error, Method::binding, kId);
    writer.text(Attribute::software, "punchlab");
    writer.error(400, "Bad Request");
    writer.unknown_attributes(std::array<std::uint16_t, 3>{1, 2, 3});
    writer.address(Attribute::xor_mapped_address, {IpAddress::v6({}), 1});
    writer.message_integrity(IntegrityKey{});
    writer.message_integrity_sha256(IntegrityKey{});
    writer.fingerprint();
    return writer.finish();
  };
  std::array<std::uint8_t, 400> buffer;
  const auto full = write(buffer);
  ASSERT_GT(full, 0U);
  for (std::size_t size = 0; size < full; ++size) {
    buffer.fill(0xEE);
    EXPECT_EQ(write(MutableBytes{buffer}.first(size)), 0U);
    EXPECT_TRUE(std::all_of(buffer.begin() + static_cast<std::ptrdiff_t>(size), buffer.end(),
                            [](std::uint8_t b) { return b == 0xEE; }));
  }
  EXPECT_EQ(write(MutableBytes{buffer}.first(full)), full);
}

TEST(Message, MutationsHoldTheInvariants) {
  const auto seeds = vectors::all();
  int accepted = 0;
  for (std::uint64_t trial = 0; trial < 20'000; ++trial) {
    SeededRng rng({.seed = 3, .trial = trial});
    auto bytes = seeds[rng.below(seeds.size())];
    for (auto n = rng.below(4); n > 0; --n) bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.next());
    if (rng.chance(0.2)) bytes.resize(rng.below(bytes.size() + 8));
    if (rng.chance(0.3) && bytes.size() >= 20) store_u16(&bytes[2], static_cast<std::uint16_t>(bytes.size() - 20));
    ASSERT_TRUE(message_invariants_hold(bytes)) << "trial " << trial;
    accepted += MessageView::parse(bytes) ? 1 : 0;
  }
  EXPECT_GT(accepted, 2000) << "the mutations must not all die in the header";
}

TEST(Message, FindsEachOfManyAttributes) {
  std::array<std::uint8_t, 1000> buffer;
  MessageWriter writer(buffer, Class::request, Method::binding, kId);
  constexpr std::uint32_t kFirst = 0xA000;
  for (std::uint32_t i = 0; i < 50; ++i) writer.u32(static_cast<Attribute>(kFirst + i), i);
  for (std::uint32_t i = 0; i < 50; ++i) writer.u32(static_cast<Attribute>(kFirst + i), 100 + i);
  writer.message_integrity(IntegrityKey::short_term("password"));
  writer.u32(Attribute::priority, 1);
  writer.fingerprint();
  const auto view = MessageView::parse(Bytes{buffer}.first(writer.finish()));
  ASSERT_TRUE(view);
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_EQ(view->u32(static_cast<Attribute>(kFirst + i)), i);
  EXPECT_FALSE(view->has(static_cast<Attribute>(kFirst + 50)));
  EXPECT_FALSE(view->has(Attribute::priority));
  EXPECT_TRUE(view->has(Attribute::message_integrity));
  EXPECT_TRUE(view->has(Attribute::fingerprint));
  std::vector<std::uint32_t> types;
  view->for_each([&](const AttributeView& attribute) { types.push_back(attribute.type); });
  ASSERT_EQ(types.size(), 102U);
  EXPECT_EQ(types.back(), static_cast<std::uint32_t>(Attribute::fingerprint));
}

TEST(Message, FirstByteTellsStunFromChannelData) {
  const auto stun = vectors::request();
  EXPECT_TRUE(looks_like_stun(stun));
  const std::array<std::uint8_t, 4> channel{0x40, 0, 0, 0};
  EXPECT_TRUE(looks_like_channel_data(channel));
  EXPECT_FALSE(looks_like_stun(channel));
  EXPECT_FALSE(looks_like_channel_data(Bytes{channel}.first(3)));
}

}  // namespace
}  // namespace punchlab::stun
