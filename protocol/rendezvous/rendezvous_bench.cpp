// What the rendezvous costs both peers and the relay together, without network: the whole of one meeting, and one message.
#include <benchmark/benchmark.h>

#include <memory>

#include "protocol/rendezvous/description.hpp"
#include "protocol/rendezvous/loop_for_test.hpp"

namespace punchlab::rendezvous {
namespace {

const std::array<std::uint8_t, 400> kPayload{7};
const PeerId kA{{1}}, kB{{2}};

/// Relay and peers made, both registered, message 1 and a timed message 2.
void BM_Meeting(benchmark::State& state) {
  for (auto _ : state) {
    const auto loop = std::make_unique<Loop>();
    loop->a.start(loop->now);
    loop->b.start(loop->now);
    loop->run();
    loop->a.forward(loop->now, kB, kPayload);
    loop->run();
    loop->b.forward(loop->now, kA, kPayload, true);
    loop->run();
    if (loop->delivered != 2 || loop->starts != 2) state.SkipWithError("the peers did not meet");
  }
}
BENCHMARK(BM_Meeting)->Unit(benchmark::kMicrosecond);

void BM_Construction(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(std::make_unique<Loop>());
}
BENCHMARK(BM_Construction)->Unit(benchmark::kMicrosecond);

void BM_BrokerConstruction(benchmark::State& state) {
  for (auto _ : state) {
    Broker broker;
    benchmark::DoNotOptimize(&broker);
  }
}
BENCHMARK(BM_BrokerConstruction)->Unit(benchmark::kMicrosecond);

void BM_Forward(benchmark::State& state) {
  Loop loop;
  loop.a.start(loop.now);
  loop.b.start(loop.now);
  loop.run();
  for (auto _ : state) {
    loop.a.forward(loop.now, kB, kPayload);
    loop.run();
  }
}
BENCHMARK(BM_Forward)->Unit(benchmark::kMicrosecond);

void BM_Description(benchmark::State& state) {
  Description d;
  d.credentials.ufrag.fill('u');
  d.credentials.password.fill('p');
  for (int i = 0; i < 4; ++i) d.add({});
  std::array<std::uint8_t, Description::kMaxSize> out;
  for (auto _ : state) benchmark::DoNotOptimize(Description::parse(Bytes{out}.first(d.write(out))));
}
BENCHMARK(BM_Description);

}  // namespace
}  // namespace punchlab::rendezvous
