// punchlab-shrink SEED CASE [--shared]: makes one failing case of the swarm small and prints the scenario file that
// shows it.
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "sim/memory/swarm_case.hpp"
#include "sim/trial/scenario_text.hpp"
#include "tools/shrink/shrink.hpp"

int main(int argc, char** argv) {
  using namespace punchlab;
  const bool shared = argc == 4 && std::string_view(argv[3]) == "--shared";
  if (argc != 3 && !shared) {
    fmt::print(
        stderr,
        "usage: punchlab-shrink SEED CASE [--shared]    (as sim_memory_test names a failing case of the swarm)\n");
    return 2;
  }
  const std::uint64_t seed = std::strtoull(argv[1], nullptr, 10), number = std::strtoull(argv[2], nullptr, 10);
  memory::SwarmDice dice({seed, 0, number, purpose_of(shared ? "shared swarm" : "swarm")});
  const auto cell = shared ? dice.shared_cell() : dice.cell();
  const auto fails = [](const trial::Cell& c, const results::TrialRecord& r) {
    return !memory::violation(c, r).empty();
  };
  const auto shrunk = shrink::shrink(cell, seed, fails, {.trials = 32});
  if (!shrunk) {
    fmt::print(stderr, "case {} of seed {} does not fail in its first 32 trials; its scenario is\n{}", number, seed,
               trial::scenario_text(cell, "swarm", seed, 32));
    return 1;
  }
  fmt::print(
      "# Case {} of the swarm with seed {}, after {} reductions: trial {} fails ({} events).\n# {}\n# punchlab run "
      "shrunk.yaml "
      "--backend memory --trial {}\n{}",
      number, seed, shrunk->steps, shrunk->record.trial, shrunk->record.events,
      memory::violation(shrunk->cell, shrunk->record), shrunk->record.trial, shrunk->scenario);
  return 0;
}
