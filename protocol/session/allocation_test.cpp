// A whole session, from construction to sealed packets, never calls operator new; nor does plaintext mode. The control
// shows that the count counts.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "protocol/session/pair_for_test.hpp"

namespace {
std::atomic<long> allocations{0};
}

// Not inlined: GCC would take the pair of malloc and delete for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

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
  const long before = allocations;
  Session initiator = Session::initiator(client, connector.public_key(), {}, rng);
  Session responder = Session::responder(connector, std::nullopt, {}, rng);
  exchange(initiator, responder);
  Session plain_initiator = Session::plaintext(Role::initiator), plain_responder = Session::plaintext(Role::responder);
  exchange(plain_initiator, plain_responder);
  EXPECT_EQ(allocations, before);
  const auto control = std::make_unique<int>(1);
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace punchlab::session
