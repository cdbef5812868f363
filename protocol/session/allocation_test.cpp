// A whole session, from construction to sealed packets, never calls operator new; nor does plaintext mode. The control
// shows that the count counts.
#include <gmock/gmock.h>

#include <memory>

#include "protocol/base/count_of_news.hpp"
#include "protocol/session/pair_for_test.hpp"

namespace punchlab::session {
namespace {

void exchange(Session& initiator, Session& responder) {
  std::array<std::uint8_t, kMaxDatagram> wire, plain{};
  const auto handshake = [&](Session& from, Session& to) {
    const std::size_t size = from.write_handshake(MutableBytes{plain}.first(200), wire);
    return to.read_handshake(MutableBytes{wire}.first(size), plain).verdict;
  };
  ASSERT_EQ(handshake(initiator, responder), Verdict::accepted);
  ASSERT_EQ(handshake(responder, initiator), Verdict::accepted);
  for (int i = 0; i < 100; ++i) {
    const std::size_t size = initiator.seal(MutableBytes{plain}.first(1000), wire);
    ASSERT_EQ(responder.open(MutableBytes{wire}.first(size), plain).verdict, Verdict::accepted);
  }
}

TEST(Allocation, SessionsNeverAllocate) {
  SeededRng rng({.seed = 5});
  const Identity client(KeyPair::generate(rng)), connector(KeyPair::generate(rng));
  const auto before = count_of_news();
  Session initiator = Session::initiator(client, connector.public_key(), {}, rng);
  Session responder = Session::responder(connector, std::nullopt, {}, rng);
  exchange(initiator, responder);
  Session plain_initiator = Session::plaintext(Role::initiator), plain_responder = Session::plaintext(Role::responder);
  exchange(plain_initiator, plain_responder);
  EXPECT_EQ(count_of_news(), before);
  const auto control = std::make_unique<int>(1);
  EXPECT_GT(count_of_news(), before);
}

}  // namespace
}  // namespace punchlab::session
