#pragma once
// One trial in one world: the single place where a plan's cell becomes a record.
#include "sim/trial/trial.hpp"

namespace punchlab::runner {

inline results::TrialRecord run_trial(trial::World& world, const trial::Cell& cell, const trial::Identities& identities,
                                      std::uint64_t seed, std::uint64_t index,
                                      const trial::WorldOptions& options = {}, trial::RelayHost* relay = nullptr) {
  const auto topology = trial::draw_topology(cell, seed, index);
  trial::Trial trial(cell, topology, identities, seed, index, relay);
  const auto events = world.run(topology, trial, trial.until(), options);
  return trial.record(events);
}

}  // namespace punchlab::runner
