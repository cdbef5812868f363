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

// All forms of new and delete, since sanitizers bring their own for those that are left. Not inlined: GCC would take the
// pair of malloc and delete for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* p = operator new(size, std::nothrow)) return p;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return operator new(size, std::nothrow); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { operator delete(p); }
void operator delete[](void* p) noexcept { operator delete(p); }
void operator delete[](void* p, std::size_t) noexcept { operator delete(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { operator delete(p); }

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
