// After construction neither client nor broker calls operator new: not for challenges, registrations, messages that
// wait, deliveries, timed starts, renewals or errors. The control shows that the count counts.
#include <gmock/gmock.h>

#include <memory>

#include "protocol/base/count_of_news.hpp"
#include "protocol/rendezvous/loop_for_test.hpp"

namespace punchlab::rendezvous {
namespace {

TEST(RendezvousAllocation, NeverAfterConstruction) {
  Loop loop;
  const std::array<std::uint8_t, 1000> payload{7};
  const PeerId to_a{{1}}, to_b{{2}}, nobody{{3}};
  const auto before = count_of_news();
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
  EXPECT_EQ(count_of_news(), before);
  EXPECT_GE(loop.delivered, 150);
  EXPECT_GE(loop.starts, 100);
  const auto control = std::make_unique<int>(1);
  EXPECT_GT(count_of_news(), before);
}

}  // namespace
}  // namespace punchlab::rendezvous
