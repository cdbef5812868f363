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

// Not inlined: GCC would take the pair of malloc and delete for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

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
