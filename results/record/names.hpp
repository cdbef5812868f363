#pragma once
// The names of outcomes and predictions, as files and output spell them.
#include <optional>
#include <string_view>

#include "results/record/record.hpp"

namespace punchlab::results {

constexpr std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::direct:
      return "direct";
    case Outcome::relayed:
      return "relayed";
    case Outcome::failed:
      return "failed";
  }
  return "failed";
}

constexpr std::string_view name_of(Prediction prediction) {
  switch (prediction) {
    case Prediction::direct:
      return "direct";
    case Prediction::may:
      return "may";
    case Prediction::relayed:
      return "relayed";
    case Prediction::failed:
      return "failed";
  }
  return "failed";
}

/// Nothing for a name that is no outcome.
constexpr std::optional<Outcome> parse_outcome(std::string_view name) {
  for (const Outcome outcome : {Outcome::direct, Outcome::relayed, Outcome::failed}) {
    if (name == name_of(outcome)) return outcome;
  }
  return std::nullopt;
}

}  // namespace punchlab::results
