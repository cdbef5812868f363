#pragma once
// From the name of an agent or a relay server to the program that is started for it (docs/agents.md).
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/trial/plan.hpp"

namespace punchlab::agents {

using Command = std::vector<std::string>;

/// Where programs are found.
struct Programs {
  std::filesystem::path punchlab;  ///< our command
  std::filesystem::path drivers;   ///< folder of drivers by their agents' names
};

/// Our command is this very program, and drivers lie in `agents/` beside it.
Programs own_programs();

/// "punchlab" is our core; a name with '/' is a driver's path; any other is looked up in `Programs::drivers`. Nothing
/// when there is no such program.
std::optional<Command> driver_command(const Programs& programs, const std::string& agent);
/// coturn's server, or nothing when it is not installed.
std::optional<std::string> coturn_program();

/// What the machine lacks to run the agents and relays of `plan`, and how to get it; nothing when it has all.
std::optional<std::string> missing_program(const Programs& programs, const trial::Plan& plan);

}  // namespace punchlab::agents
