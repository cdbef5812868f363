// What a trial costs in memory: an exchange of about 160 datagrams over 4 to 6 hops, without any protocol on top.
#include <benchmark/benchmark.h>

#include "sim/memory/exchange.hpp"
#include "sim/memory/memory_world.hpp"

namespace punchlab::memory {
namespace {

void exchange(benchmark::State& state, const nat::Chain& chain) {
  const auto world = make_memory_world();
  const auto topology = exchange_topology(chain, chain, 1);
  ExchangePlan plan;
  plan.keep_trace = false;
  std::uint64_t events = 0;
  std::uint64_t datagrams = 0;
  for (auto _ : state) {
    Exchange application{topology, plan};
    events += world->run(topology, application, kTimeOrigin + std::chrono::seconds{15}, {});
    datagrams += application.delivered();
  }
  const auto trials = static_cast<double>(state.iterations());
  state.counters["datagrams"] = static_cast<double>(datagrams) / trials;
  state.counters["events"] = static_cast<double>(events) / trials;
  state.counters["events/s"] = benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}

void without_gateways(benchmark::State& state) { exchange(state, {}); }
void behind_home_routers(benchmark::State& state) { exchange(state, {nat::Profile{}}); }
void behind_two_each(benchmark::State& state) { exchange(state, {nat::Profile{}, nat::Profile{}}); }
BENCHMARK(without_gateways);
BENCHMARK(behind_home_routers);
BENCHMARK(behind_two_each);

}  // namespace
}  // namespace punchlab::memory
