#pragma once
// What a trial comes to when its world breaks under it.
#include <stdexcept>
#include <string>

#include "results/record/record.hpp"

namespace punchlab::trial {

/// Thrown by World::run: something outside of the model broke, so that the outcome says nothing of the pair. The world can be used
/// again.
struct WorldFault : std::runtime_error {
  /// `reason` is a code of docs/reasons.md.
  explicit WorldFault(const std::string& reason) : std::runtime_error(reason) {}

  /// The row of the trial that it broke, of which `record` is what was seen until then.
  results::TrialRecord spoil(results::TrialRecord record) const {
    record.outcome = results::Outcome::failed;
    record.reason = what();
    record.time_to_direct.reset();
    record.added_latency.reset();
    return record;
  }
};

}  // namespace punchlab::trial
