#pragma once
// `shared`: the network that both peers stand in, and the gateways it stands behind.
#include "scenarios/loader/presets.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::loader {

/// Every alternative, at least one.
std::vector<trial::Shared> read_shared(const Value& value, Presets& presets);

/// "nat" and, when the link has a name, "nat/link".
std::vector<std::string> shared_labels(const trial::Shared& shared);

}  // namespace punchlab::loader
