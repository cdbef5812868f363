#pragma once
// One trial in one world: the single place where a plan's cell becomes a record.
#include "sim/trial/trial.hpp"
#include "sim/trial/world_fault.hpp"

namespace punchlab::runner {

inline results::TrialRecord run_trial(trial::World& world, const trial::Cell& cell, const trial::Identities& identities,
                                      std::uint64_t seed, std::uint64_t index, const trial::WorldOptions& options = {},
                                      trial::RelayHost* relay = nullptr) {
  const auto topology = trial::draw_topology(cell, seed, index);
  trial::Trial trial(cell, topology, identities, seed, index, relay);
  try {
    return trial.record(world.run(topology, trial, trial.until(), options));
  } catch (const trial::WorldFault& fault) {
    return fault.spoil(trial.record(0));
  }
}

}  // namespace punchlab::runner
