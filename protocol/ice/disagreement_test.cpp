// Case: both sides have two addresses, every pair works, and the controlled side ranks them the other way round. Several
// pairs go out with USE-CANDIDATE; by priorities the sides would end on different paths, by numbers they do not. The
// delay lets several checks be under way at once.
#include <deque>

#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

struct Disagreement : testing::Test {
  struct Flight {
    Time at;
    std::size_t to;
    TransportAddress source, destination;
    std::vector<std::uint8_t> bytes;
  };
  static TransportAddress address(std::size_t side, std::size_t base) {
    return {IpAddress::v4(198, 51, static_cast<std::uint8_t>(100 + side), static_cast<std::uint8_t>(base + 1)), 7};
  }
  void signal(std::size_t to, bool swapped) {
    std::array<Candidate, 2> c;
    for (std::size_t b = 0; b < 2; ++b) c[b] = *agents[1 - to].add_host(now, BaseId{static_cast<std::uint8_t>(b)}, address(1 - to, b));
    if (swapped) std::swap(c[0].priority, c[1].priority);
    agents[to].set_remote_credentials(agents[1 - to].local_credentials());
    for (const auto& candidate : c) agents[to].add_remote(now, candidate);
  }
  void drain(std::size_t i) {
    std::array<std::uint8_t, kMaxDatagram> buffer;
    for (;;) {
      const auto output = agents[i].poll(now, buffer);
      if (const auto* d = std::get_if<Deadline>(&output)) return void(deadline[i] = d->at);
      if (const auto* t = std::get_if<Transmit>(&output))
        flights.push_back({now + milliseconds{30}, 1 - i, address(i, t->base.value), t->destination,
                           {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(t->size)}});
    }
  }
  void deliver(const Flight& f) {
    const auto base = static_cast<std::uint8_t>(f.destination == address(f.to, 1) ? 1 : 0);
    agents[f.to].handle_stun(now, BaseId{base}, f.source, *stun::MessageView::parse(f.bytes));
    drain(f.to);
  }
  void run_until(Time end) {
    for (;;) {
      const Time flight = flights.empty() ? kNever : flights.front().at;
      const Time next = std::min({flight, deadline[0], deadline[1]});
      if (next > end) return;
      now = next;
      if (flight == now) {
        const Flight f = flights.front();
        flights.pop_front();
        deliver(f);
      }
      for (std::size_t i = 0; i < 2; ++i) drain(i);
    }
  }
  Policy policy = *find_policy("relay-first");
  SeededRng rng{{.seed = 3}};
  std::array<Agent, 2> agents{Agent(policy, Role::controlling, rng), Agent(policy, Role::controlled, rng)};
  std::deque<Flight> flights;
  std::array<Time, 2> deadline{kNever, kNever};
  Time now = kTimeOrigin;
};

TEST_F(Disagreement, AboutPrioritiesStillEndsOnOnePath) {
  signal(0, true);
  signal(1, true);
  for (auto& a : agents) a.start(now, now);
  for (std::size_t i = 0; i < 2; ++i) drain(i);
  run_until(now + seconds{4});  // before any consent check could repair it
  ASSERT_TRUE(agents[0].selected() && agents[1].selected());
  EXPECT_EQ(agents[0].selected()->remote, address(1, agents[1].selected()->base.value));
  EXPECT_EQ(agents[1].selected()->remote, address(0, agents[0].selected()->base.value));
}

}  // namespace
}  // namespace punchlab::ice::lab
