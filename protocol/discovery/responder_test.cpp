// The behaviour-discovery responder (RFC 5780 section 7.2), on four transport addresses.
//
// 1. A plain Binding request is answered from where it came in, to where it came from, with the mapped address both
// ways,
//    RESPONSE-ORIGIN and the OTHER-ADDRESS that differs in address and port.
// 2. Each CHANGE-REQUEST moves the answer to the right one of the other three, from each of the four.
// 3. RESPONSE-PORT moves the destination's port, never its address.
// 4. PADDING comes back as long as it was sent; with RESPONSE-PORT it is a 400.
// 5. An unknown comprehension-required attribute gets 420 that names it; an unknown optional one is ignored.
// 6. Responses, indications, other methods and foreign local addresses get nothing.
// 7. FINGERPRINT comes back only when it was sent.
#include "protocol/discovery/responder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punchlab::discovery {
namespace {

using stun::Attribute;
using stun::Class;
using stun::MessageView;
using stun::MessageWriter;
using stun::Method;

const ServerAddresses kServer{{IpAddress::v4(203, 0, 113, 1), IpAddress::v4(203, 0, 113, 2)}, {3478, 3479}};
const TransportAddress kSource{IpAddress::v4(198, 51, 100, 9), 40000};
constexpr stun::TransactionId kId{1, 2, 3};

class Responder : public testing::Test {
 protected:
  template <class F>
  Answer ask(F&& fill, std::size_t local = 0, Class c = Class::request, Method m = Method::binding) {
    MessageWriter writer(request_, c, m, kId);
    fill(writer);
    const auto view = MessageView::parse(Bytes{request_}.first(writer.finish()));
    return respond(kServer, kServer.at(local), kSource, *view, answer_);
  }
  MessageView message(const Answer& answer) const { return *MessageView::parse(Bytes{answer_}.first(answer.size)); }

  std::array<std::uint8_t, 1500> request_{};
  std::array<std::uint8_t, 1500> answer_{};
};

TEST_F(Responder, AnswersPlainRequest) {
  const Answer answer = ask([](MessageWriter&) {});
  EXPECT_EQ(answer.from, 0U);
  EXPECT_EQ(answer.destination, kSource);
  const MessageView view = message(answer);
  EXPECT_TRUE(view.is(Class::success, Method::binding));
  EXPECT_EQ(view.transaction_id(), kId);
  EXPECT_EQ(view.address(Attribute::xor_mapped_address), kSource);
  EXPECT_EQ(view.address(Attribute::mapped_address), kSource);
  EXPECT_EQ(view.address(Attribute::response_origin), kServer.at(0));
  EXPECT_EQ(view.address(Attribute::other_address), kServer.at(3));
  EXPECT_FALSE(view.has(Attribute::fingerprint));
}

TEST_F(Responder, HonoursChangeRequestFromEachAddress) {
  for (std::size_t local = 0; local < 4; ++local) {
    for (std::uint32_t flags : {0U, 2U, 4U, 6U}) {
      const Answer answer = ask([&](MessageWriter& w) { w.u32(Attribute::change_request, flags); }, local);
      const TransportAddress from = kServer.at(answer.from);
      EXPECT_EQ(from.address != kServer.at(local).address, (flags & 4) != 0);
      EXPECT_EQ(from.port != kServer.at(local).port, (flags & 2) != 0);
      EXPECT_EQ(message(answer).address(Attribute::response_origin), from);
      EXPECT_EQ(message(answer).address(Attribute::other_address), kServer.at(local ^ 3));
    }
  }
}

TEST_F(Responder, HonoursResponsePort) {
  const Answer answer = ask([](MessageWriter& w) { w.u32(Attribute::response_port, 41000U << 16); });
  EXPECT_EQ(answer.destination, (TransportAddress{kSource.address, 41000}));
  EXPECT_EQ(message(answer).address(Attribute::xor_mapped_address), kSource);
}

TEST_F(Responder, ReturnsPaddingOfTheSameLength) {
  const std::array<std::uint8_t, 400> padding{};
  const Answer answer = ask([&](MessageWriter& w) { w.attribute(Attribute::padding, padding); });
  EXPECT_EQ(message(answer).find(Attribute::padding)->value.size(), padding.size());
  const Answer both = ask([&](MessageWriter& w) {
    w.attribute(Attribute::padding, padding);
    w.u32(Attribute::response_port, 41000U << 16);
  });
  EXPECT_EQ(message(both).error()->code, 400);
}

TEST_F(Responder, NamesWhatItDoesNotKnow) {
  const Answer refused = ask([](MessageWriter& w) { w.u32(static_cast<Attribute>(0x7777), 1); });
  const MessageView view = message(refused);
  ASSERT_TRUE(view.error());
  EXPECT_EQ(view.error()->code, 420);
  EXPECT_THAT(view.find(Attribute::unknown_attributes)->value, testing::ElementsAre(0x77, 0x77));
  const Answer ignored = ask([](MessageWriter& w) { w.u32(static_cast<Attribute>(0xF777), 1); });
  EXPECT_TRUE(message(ignored).is(Class::success, Method::binding));
}

TEST_F(Responder, RefusesMalformedChangeRequest) {
  const std::array<std::uint8_t, 2> two{};
  const Answer answer = ask([&](MessageWriter& w) { w.attribute(Attribute::change_request, two); });
  EXPECT_EQ(message(answer).error()->code, 400);
}

TEST_F(Responder, KeepsSilentToEverythingElse) {
  const auto nothing = [](MessageWriter&) {};
  EXPECT_EQ(ask(nothing, 0, Class::success).size, 0U);
  EXPECT_EQ(ask(nothing, 0, Class::indication).size, 0U);
  EXPECT_EQ(ask(nothing, 0, Class::request, Method::allocate).size, 0U);
  MessageWriter writer(request_, Class::request, Method::binding, kId);
  const auto view = MessageView::parse(Bytes{request_}.first(writer.finish()));
  EXPECT_EQ(respond(kServer, kSource, kSource, *view, answer_).size, 0U);
}

TEST_F(Responder, ReturnsFingerprintWhenAsked) {
  EXPECT_TRUE(message(ask([](MessageWriter& w) { w.fingerprint(); })).has(Attribute::fingerprint));
}

}  // namespace
}  // namespace punchlab::discovery
