#include "sim/explain/recording.hpp"

#include <algorithm>

#include "sim/explain/recorder.hpp"
#include "sim/trial/world_fault.hpp"

namespace punchlab::explain {

Recording record(trial::World& world, const trial::Cell& cell, const trial::Identities& identities, std::uint64_t seed,
                 std::uint64_t index, const RecordOptions& options) {
  Recording recording;
  recording.cell = cell;
  recording.seed = seed;
  recording.topology = trial::draw_topology(cell, seed, index);
  trial::Trial trial(cell, recording.topology, identities, seed, index, options.relay);
  Recorder recorder(trial, recording, options.most);
  try {
    recording.record = trial.record(world.run(recording.topology, recorder, trial.until(), options.world));
    recording.finding = trial.finding();
  } catch (const trial::WorldFault& fault) {
    recording.record = fault.spoil(trial.record(0));
  }
  const auto changes = trial.path_changes();
  recording.path_changes.assign(changes.begin(), changes.end());
  recording.origin = trial.until() - cell.timeout;
  return recording;
}

void sort_events(Recording& recording) {
  std::stable_sort(recording.events.begin(), recording.events.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
}

}  // namespace punchlab::explain
