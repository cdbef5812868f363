#pragma once
// What kernel gateways ask of the machine and of a scenario, for callers that must not enter the lab themselves.
#include <optional>
#include <string>

#include "sim/trial/plan.hpp"

namespace punchlab::kernel {

/// As lab::machine_lacks, with a kernel gateway.
std::optional<std::string> machine_lacks();

/// Why the lab cannot model `cell` with kernel gateways; nothing when it can. NATs without rules stay NatBox, but a cell
/// of such alone is refused, as is a NAT that names rules and contradicts them.
std::optional<std::string> cannot_model(const trial::Cell& cell);

}  // namespace punchlab::kernel
