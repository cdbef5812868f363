// Rows per second into and out of trials.sqlite, and memory-bound aggregation of a million records.
#include <benchmark/benchmark.h>

#include "results/report/synthetic.hpp"
#include "results/store/store.hpp"
#include "results/store/summary_files.hpp"
#include "results/store/temporary_folder.hpp"

namespace punchlab::results {
namespace {

void store_rows(benchmark::State& state) {
  const trial::Plan plan = synthetic_plan(SyntheticShape::classic);
  const TrialRecord record = synthetic_record(plan, plan.cells[0], 0);
  TemporaryFolder temporary;
  auto store = Store::create(temporary / "run", synthetic_manifest(plan), plan);
  std::uint64_t n = 0;
  for (auto _ : state) {
    TrialRecord row = record;
    row.cell = static_cast<std::uint32_t>(n % plan.cells.size());
    row.trial = n++ / plan.cells.size();
    if (store->append(std::move(row))) state.SkipWithError("append failed");
  }
  if (store->flush()) state.SkipWithError("flush failed");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(store_rows)->Iterations(200'000)->UseRealTime();

void summarise_a_million(benchmark::State& state) {
  const trial::Plan plan = synthetic_plan(SyntheticShape::classic);
  for (auto _ : state) {
    Summarizer summarizer(plan, "memory");
    TrialRecord record = synthetic_record(plan, plan.cells[0], 0);
    for (std::uint32_t i = 0; i < 1'000'000; ++i) {
      record.cell = i % 16;
      *record.time_to_direct += Duration{i % 7};
      summarizer.add(record);
    }
    benchmark::DoNotOptimize(to_json(summarizer.finish()));
  }
}
BENCHMARK(summarise_a_million)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace punchlab::results
