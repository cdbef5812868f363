#pragma once
// What the lab asks of the machine and of a scenario, for callers that must not enter it themselves.
#include <optional>
#include <string>

#include "sim/trial/plan.hpp"

namespace punchlab::lab {

/// What this machine does not allow the lab, and how to allow it; nothing when a world can be made. A child process
/// tries, so that the caller stays where it is; it has kProbeSeconds. `further`, unless null, tries more there.
std::optional<std::string> machine_lacks(std::optional<std::string> (*further)() = nullptr);

inline constexpr int kProbeSeconds = 20;

/// Why the lab cannot model `cell`; nothing when it can. Needs no world.
std::optional<std::string> cannot_model(const trial::Cell& cell);

}  // namespace punchlab::lab
