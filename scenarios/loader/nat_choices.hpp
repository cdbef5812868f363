#pragma once
// The value of `nat`: names, inline definitions, chains, or a population.
#include "scenarios/loader/presets.hpp"

namespace punchlab::loader {

struct NatChoice {
  std::string label;
  nat::Chain chain;   ///< from the host outwards
  double weight = 0;  ///< of a population
};

struct NatChoices {
  std::vector<NatChoice> nats;
  bool population = false;  ///< weights are set and sum to 1
};

NatChoices read_nats(const Value& value, Presets& presets);

}  // namespace punchlab::loader
