// results_synthetic SHAPE FOLDER [TRIALS]: writes an invented run, with so many trials per cell, and prints its matrix.
// For the report's tests.
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "results/report/synthetic.hpp"
#include "results/store/store.hpp"
#include "results/store/summary_files.hpp"
#include "results/terminal/matrix.hpp"

namespace punchlab::results {
namespace {

std::optional<SyntheticShape> parse_shape(std::string_view name) {
  if (name == "classic") return SyntheticShape::classic;
  if (name == "rfc4787") return SyntheticShape::rfc4787;
  if (name == "population") return SyntheticShape::population;
  if (name == "access") return SyntheticShape::access;
  if (name == "agents") return SyntheticShape::agents;
  return std::nullopt;
}

Status write_run(const trial::Plan& plan, const char* folder) {
  auto store = Store::create(folder, synthetic_manifest(plan), plan);
  if (!store) return store.error();
  Summarizer summarizer(plan, "memory");
  for (const trial::Cell& cell : plan.cells) {
    for (std::uint64_t trial = 0; trial < cell.trials; ++trial) {
      const TrialRecord record = synthetic_record(plan, cell, trial);
      summarizer.add(record);
      if (auto failure = store->append(record)) return failure;
    }
  }
  if (auto failure = store->finish(Manifest::State::complete, 1234.5)) return failure;
  const Summary summary = summarizer.finish();
  std::fputs(matrix_text(plan, summary).c_str(), stdout);
  return write_summary(summary, folder);
}

}  // namespace
}  // namespace punchlab::results

int main(int argc, char** argv) {
  using namespace punchlab::results;
  const auto shape = argc == 3 || argc == 4 ? parse_shape(argv[1]) : std::nullopt;
  if (!shape) {
    std::fputs("usage: results_synthetic classic|rfc4787|population|access|agents FOLDER [TRIALS]\n", stderr);
    return 2;
  }
  auto plan = synthetic_plan(*shape);
  if (argc == 4) {
    for (auto& cell : plan.cells) cell.trials = std::strtoull(argv[3], nullptr, 10);
  }
  if (const auto failure = write_run(plan, argv[2])) {
    std::fprintf(stderr, "%s\n", failure->text.c_str());
    return failure->exit_status();
  }
  return 0;
}
