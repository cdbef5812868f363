#pragma once
// A cell in the words of a scenario file, so that whatever a test or a search has found can be run by anybody.
#include <string>

#include "sim/trial/plan.hpp"

namespace punchlab::trial {

/// "endpoint-independent", "address-dependent", "address-and-port-dependent".
const char* word_of(nat::Dependence dependence);

/// A whole scenario file with this cell only. The loader reads the same values back, times to the nanosecond; index and
/// `world` it makes itself, and names: gateways are called c1, c2, ... and k1, k2, ... The policy must be a preset with
/// nothing but its start skew and techniques changed.
std::string scenario_text(const Cell& cell, const std::string& name, std::uint64_t seed, std::uint64_t trials);

}  // namespace punchlab::trial
