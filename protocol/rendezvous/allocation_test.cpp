// After construction neither client nor broker calls operator new: not for challenges, registrations, messages that wait,
// deliveries, timed starts, renewals or errors. The control shows that the count counts.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "protocol/rendezvous/loop_for_test.hpp"

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

namespace punchlab::rendezvous {
namespace {

TEST(RendezvousAllocation, NeverAfterConstruction) {
  Loop loop;
  const std::array<std::uint8_t, 1000> payload{7};
  const PeerId to_a{{1}}, to_b{{2}}, nobody{{3}};
  const long before = allocations;
  loop.a.start(loop.now);
  loop.a.forward(loop.now, to_b, payload);
  loop.run();
  loop.b.start(loop.now);
  loop.run();
  for (int i = 0; i < 100; ++i) {
    loop.a.forward(loop.now, to_b, payload);
    loop.b.forward(loop.now, to_a, payload, true);
    loop.b.forward(loop.now, nobody, payload);
    loop.a.forward(loop.now, nobody, payload);
    loop.run();
    loop.now += std::chrono::minutes{2};  // renewals, expiry, lost registrations and stale nonces
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GE(loop.delivered, 150);
  EXPECT_GE(loop.starts, 100);
  const auto control = std::make_unique<int>(1);
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace punchlab::rendezvous
