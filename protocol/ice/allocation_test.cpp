// Cases:
//  1. From construction to a selected pair, and a minute of consent after it, no agent call allocates.
//  2. Full tables refuse what is more: 16 local and 32 remote candidates, max_pairs pairs; still no allocation.
#include "protocol/base/count_of_news.hpp"
#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

std::uint64_t allocations = 0;  ///< in counted calls

template <class F>
auto counted_call(F&& f) {
  struct Scope {
    std::uint64_t before = count_of_news();
    ~Scope() { allocations += count_of_news() - before; }
  } scope;
  return f();
}

/// Delivers at once between two public hosts.
struct Loop {
  void pump() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t i = 0; i < 2; ++i) moved |= pump(i);
    }
  }
  bool pump(std::size_t i) {
    std::array<std::uint8_t, kMaxDatagram> buffer;
    const auto output = counted_call([&] { return agents[i]->poll(now, buffer); });
    if (const auto* d = std::get_if<Deadline>(&output))
      deadline[i] = d->at;
    else if (const auto* t = std::get_if<Transmit>(&output); t != nullptr && t->destination == hosts[1 - i])
      counted_call([&] {
        return agents[1 - i]->handle_stun(now, kSocket, hosts[i],
                                          *stun::MessageView::parse(Bytes(buffer).first(t->size)));
      });
    return !std::holds_alternative<Deadline>(output);
  }
  void run_until(Time end) {
    for (pump(); std::min(deadline[0], deadline[1]) <= end; pump()) now = std::min(deadline[0], deadline[1]);
    now = end;
  }
  Policy policy = *find_policy("relay-first");
  SeededRng rng{{.seed = 5}};
  std::array<std::unique_ptr<Agent>, 2> agents{std::make_unique<Agent>(policy, Role::controlling, rng),
                                               std::make_unique<Agent>(policy, Role::controlled, rng)};
  std::array<TransportAddress, 2> hosts{TransportAddress{IpAddress::v4(198, 51, 100, 1), 1},
                                        TransportAddress{IpAddress::v4(198, 51, 100, 2), 1}};
  std::array<Time, 2> deadline{kNever, kNever};
  Time now = kTimeOrigin;
};

TEST(Allocation, NeverHappensAfterConstruction) {
  Loop loop;
  allocations = 0;
  counted_call([&] {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto c = loop.agents[i]->add_host(loop.now, kSocket, loop.hosts[i]);
      loop.agents[1 - i]->set_remote_credentials(loop.agents[i]->local_credentials());
      loop.agents[1 - i]->add_remote(loop.now, *c);
    }
    for (auto& a : loop.agents) a->start(loop.now, loop.now);
  });
  loop.run_until(loop.now + seconds{60});
  EXPECT_TRUE(loop.agents[0]->selected() && loop.agents[1]->selected());
  EXPECT_GT(loop.agents[0]->counters().consent_checks, 5u);
  EXPECT_EQ(allocations, 0u);
  counted_call([] { ::operator delete(::operator new(1)); });
  EXPECT_EQ(allocations, 1u);  // the counter counts
}

TEST(Allocation, FullTablesRefuse) {
  Loop loop;
  auto& agent = *loop.agents[0];
  int kept = 0;
  allocations = 0;
  counted_call([&] {
    for (std::uint16_t port = 1; port <= 40; ++port)
      kept += agent.add_host(loop.now, BaseId{static_cast<std::uint8_t>(port)}, {loop.hosts[0].address, port}) ? 1 : 0;
    agent.set_remote_credentials(loop.agents[1]->local_credentials());
    for (std::uint16_t port = 1; port <= 40; ++port)
      agent.add_remote(loop.now, {.priority = priority_of(CandidateType::host, port),
                                  .foundation = {{static_cast<char>('0' + port)}},
                                  .address = {loop.hosts[1].address, port}});
    agent.start(loop.now, loop.now);
  });
  loop.run_until(loop.now + seconds{60});
  EXPECT_EQ(kept, 16);
  EXPECT_EQ(agent.counters().candidates_ignored, 24u + 8u);
  EXPECT_EQ(agent.counters().checks, 84u);  // max_pairs of the 512 possible, without the places of relayed pairs
  EXPECT_EQ(allocations, 0u);
}

}  // namespace
}  // namespace punchlab::ice::lab
