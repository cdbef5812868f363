// The published test vectors.
// 1. RFC 5769 2.1-2.3: each parses, shows the attributes the RFC lists, and its integrity is right under the password
//    and wrong under another.
// 2. RFC 5769 2.4: long-term credential with a username that is not ASCII.
// 3. RFC 8489 B.1 (erratum 6268): SHA-256 key and MESSAGE-INTEGRITY-SHA256.
// 4. Written again from its parts, 2.4 and B.1 come out byte for byte (the others pad with spaces, we pad with zeros),
//    and those parse to the same values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/stun/crc32.hpp"
#include "protocol/stun/integrity.hpp"
#include "protocol/stun/test_vectors.hpp"

namespace punchlab::stun {
namespace {

using testing::ElementsAreArray;

MessageView parsed(const std::vector<std::uint8_t>& bytes) { return MessageView::parse(bytes).value(); }

TEST(RfcVectors, SampleRequest) {
  const auto bytes = vectors::request();
  const auto view = parsed(bytes);
  EXPECT_TRUE(view.is(Class::request, Method::binding));
  EXPECT_EQ(view.text(Attribute::software), "STUN test client");
  EXPECT_EQ(view.u32(Attribute::priority), 0x6e0001ffU);
  EXPECT_EQ(view.u64(Attribute::ice_controlled), 0x932ff9b151263b36U);
  EXPECT_EQ(view.text(Attribute::username), "evtj:h6vY");
  EXPECT_EQ(view.u32(Attribute::fingerprint), 0xe57a3bcfU);
  EXPECT_EQ(check_integrity(view, IntegrityKey::short_term(vectors::kPassword)), IntegrityResult::valid);
  EXPECT_EQ(check_integrity(view, IntegrityKey::short_term("another")), IntegrityResult::wrong);
  EXPECT_EQ(check_integrity(view, IntegrityKey{}), IntegrityResult::wrong);
}

TEST(RfcVectors, SampleResponses) {
  const auto key = IntegrityKey::short_term(vectors::kPassword);
  const auto v4 = vectors::response_v4();
  EXPECT_TRUE(parsed(v4).is(Class::success, Method::binding));
  EXPECT_EQ(parsed(v4).text(Attribute::software), "test vector");
  EXPECT_EQ(parsed(v4).address(Attribute::xor_mapped_address)->to_string(), "192.0.2.1:32853");
  EXPECT_EQ(check_integrity(parsed(v4), key), IntegrityResult::valid);
  const auto v6 = vectors::response_v6();
  EXPECT_EQ(parsed(v6).address(Attribute::xor_mapped_address)->to_string(),
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  EXPECT_EQ(check_integrity(parsed(v6), key), IntegrityResult::valid);
}

TEST(RfcVectors, LongTermRequest) {
  const auto bytes = vectors::request_long_term();
  const auto view = parsed(bytes);
  EXPECT_EQ(view.text(Attribute::username), vectors::kLongTermUser);
  const auto key =
      IntegrityKey::long_term(vectors::kLongTermUser, vectors::kLongTermRealm, vectors::kLongTermPassword);
  EXPECT_EQ(check_integrity(view, key), IntegrityResult::valid);

  std::array<std::uint8_t, 200> buffer;
  MessageWriter writer(buffer, Class::request, Method::binding, view.transaction_id());
  writer.text(Attribute::username, vectors::kLongTermUser);
  writer.text(Attribute::nonce, "f//499k954d6OL34oL9FSTvy64sA");
  writer.text(Attribute::realm, vectors::kLongTermRealm);
  writer.message_integrity(key);
  EXPECT_THAT(Bytes{buffer}.first(writer.finish()), ElementsAreArray(bytes));
}

TEST(RfcVectors, Sha256Request) {
  const auto bytes = vectors::request_sha256();
  const auto view = parsed(bytes);
  const auto key =
      IntegrityKey::long_term_sha256(vectors::kLongTermUser, vectors::kLongTermRealm, vectors::kLongTermPassword);
  EXPECT_EQ(check_integrity(view, key), IntegrityResult::valid);
  EXPECT_EQ(check_integrity(view, IntegrityKey::long_term(vectors::kLongTermUser, vectors::kLongTermRealm,
                                                          vectors::kLongTermPassword)),
            IntegrityResult::wrong);

  std::array<std::uint8_t, 200> buffer;
  MessageWriter writer(buffer, Class::request, Method::binding, view.transaction_id());
  writer.attribute(Attribute::userhash, view.find(Attribute::userhash)->value);
  writer.text(Attribute::nonce, "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA");
  writer.text(Attribute::realm, vectors::kLongTermRealm);
  writer.u32(Attribute::password_algorithm, 0x00020000);
  writer.message_integrity_sha256(key);
  EXPECT_THAT(Bytes{buffer}.first(writer.finish()), ElementsAreArray(bytes));
}

TEST(RfcVectors, ResponsesWrittenAgainCarryTheSameAddress) {
  for (const auto& original : {vectors::response_v4(), vectors::response_v6()}) {
    const auto view = parsed(original);
    std::array<std::uint8_t, 200> buffer;
    MessageWriter writer(buffer, Class::success, Method::binding, view.transaction_id());
    writer.address(Attribute::xor_mapped_address, view.address(Attribute::xor_mapped_address).value());
    const auto again = MessageView::parse(Bytes{buffer}.first(writer.finish()));
    EXPECT_THAT(again->find(Attribute::xor_mapped_address)->value,
                ElementsAreArray(view.find(Attribute::xor_mapped_address)->value));
  }
}

TEST(Crc32, CheckValueOfTheCatalogue) {
  const std::string_view digits = "123456789";
  EXPECT_EQ(crc32({reinterpret_cast<const std::uint8_t*>(digits.data()), digits.size()}), 0xCBF43926U);
  EXPECT_EQ(crc32({}), 0U);
}

TEST(Crc32, IsThePlainDivisionForEveryLengthAndPlace) {
  std::array<std::uint8_t, 300> bytes;
  SeededRng rng({.seed = 9});
  rng.fill(bytes);
  for (std::size_t from = 0; from < 16; ++from) {
    std::uint32_t plain = 0xFFFFFFFF;
    for (std::size_t size = 0; from + size < bytes.size(); ++size) {
      ASSERT_EQ(crc32(Bytes{bytes}.subspan(from, size)), ~plain) << size << " bytes from " << from;
      plain ^= bytes[from + size];
      for (int bit = 0; bit < 8; ++bit) plain = (plain >> 1) ^ ((plain & 1) != 0 ? 0xEDB88320U : 0U);
    }
  }
}

}  // namespace
}  // namespace punchlab::stun
