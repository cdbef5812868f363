// Cases
//  1. A run of a size seen before allocates nothing; the first one does, so the count counts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "sim/memory/exchange.hpp"
#include "sim/memory/memory_world.hpp"

namespace {
std::size_t allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc{};
}
/// std::stable_sort allocates its buffer so.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace punchlab::memory {
namespace {

TEST(MemoryWorldAllocation, NoneOnceWarm) {  // case 1
  const auto world = make_memory_world();
  const auto topology = exchange_topology({nat::Profile{}}, {nat::Profile{}}, 1);
  ExchangePlan plan;
  plan.keep_trace = false;
  std::size_t during[2] = {};
  for (auto& count : during) {
    Exchange exchange{topology, plan};
    const auto before = allocations;
    world->run(topology, exchange, kTimeOrigin + std::chrono::seconds{15}, {});
    count = allocations - before;
    EXPECT_GT(exchange.direct(), 30U);
  }
  EXPECT_GT(during[0], 0U);
  EXPECT_EQ(during[1], 0U);
}

}  // namespace
}  // namespace punchlab::memory
