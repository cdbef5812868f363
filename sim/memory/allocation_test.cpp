// Cases
//  1. A run of a size seen before allocates nothing; the first one does, so the count counts.
#include <gtest/gtest.h>

#include "protocol/base/count_of_news.hpp"
#include "sim/memory/exchange.hpp"
#include "sim/memory/memory_world.hpp"

namespace punchlab::memory {
namespace {

TEST(MemoryWorldAllocation, NoneOnceWarm) {  // case 1
  const auto world = make_memory_world();
  const auto topology = exchange_topology({nat::Profile{}}, {nat::Profile{}}, 1);
  ExchangePlan plan;
  plan.keep_trace = false;
  std::uint64_t during[2] = {};
  for (auto& count : during) {
    Exchange exchange{topology, plan};
    const auto before = count_of_news();
    world->run(topology, exchange, kTimeOrigin + std::chrono::seconds{15}, {});
    count = count_of_news() - before;
    EXPECT_GT(exchange.direct(), 30U);
  }
  EXPECT_GT(during[0], 0U);
  EXPECT_EQ(during[1], 0U);
}

}  // namespace
}  // namespace punchlab::memory
