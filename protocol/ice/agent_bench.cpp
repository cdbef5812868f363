// What an agent costs: its construction, and a whole connection of two public hosts with every HMAC.
#include <benchmark/benchmark.h>

#include "protocol/ice/agent.hpp"

namespace punchlab::ice {
namespace {

void construct(benchmark::State& state) {
  const Policy policy = *find_policy("relay-first");
  SeededRng rng({.seed = 1});
  for (auto _ : state) benchmark::DoNotOptimize(Agent(policy, Role::controlling, rng));
}
BENCHMARK(construct);

void connect(benchmark::State& state) {
  const Policy policy = *find_policy("relay-first");
  SeededRng rng({.seed = 1});
  const std::array<TransportAddress, 2> hosts{TransportAddress{IpAddress::v4(198, 51, 100, 1), 1},
                                              TransportAddress{IpAddress::v4(198, 51, 100, 2), 1}};
  for (auto _ : state) {
    std::array<Agent, 2> agents{Agent(policy, Role::controlling, rng), Agent(policy, Role::controlled, rng)};
    for (std::size_t i = 0; i < 2; ++i) {
      agents[1 - i].set_remote_credentials(agents[i].local_credentials());
      agents[1 - i].add_remote(kTimeOrigin, *agents[i].add_host(kTimeOrigin, {}, hosts[i]));
    }
    for (auto& a : agents) a.start(kTimeOrigin, kTimeOrigin);
    while (!agents[0].selected() || !agents[1].selected()) {
      for (std::size_t i = 0; i < 2; ++i) {
        std::array<std::uint8_t, kMaxDatagram> buffer;
        const auto output = agents[i].poll(kTimeOrigin, buffer);
        if (const auto* t = std::get_if<Transmit>(&output))
          agents[1 - i].handle_stun(kTimeOrigin, {}, hosts[i], *stun::MessageView::parse(Bytes(buffer).first(t->size)));
      }
    }
  }
}
BENCHMARK(connect);

}  // namespace
}  // namespace punchlab::ice
