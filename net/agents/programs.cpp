#include "net/agents/programs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

namespace punchlab::agents {
namespace {

namespace fs = std::filesystem;

bool executable(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

/// Where the driver of `agent` must lie, unless it is our own.
fs::path driver_path(const Programs& programs, const std::string& agent) {
  return agent.find('/') != std::string::npos ? fs::absolute(agent).lexically_normal() : programs.drivers / agent;
}

std::string without_driver(const Programs& programs, const std::string& agent) {
  const auto path = driver_path(programs, agent);
  std::error_code error;
  if (agent.find('/') != std::string::npos)
    return fmt::format("there is no driver {}: the file {}", path.string(),
                       fs::exists(path, error) ? "cannot be run; chmod +x it" : "does not exist");
  return fmt::format(
      "there is no driver {} for agent {}; tools/test --interop installs and builds those of other people's agents",
      path.string(), agent);
}

}  // namespace

Programs own_programs() {
  const auto self = fs::read_symlink("/proc/self/exe");
  return {self, self.parent_path() / "agents"};
}

std::optional<Command> driver_command(const Programs& programs, const std::string& agent) {
  if (agent == "punchlab") return Command{programs.punchlab.string(), "agent"};
  const auto path = driver_path(programs, agent);
  return executable(path) ? std::optional(Command{fs::absolute(path).string()}) : std::nullopt;
}

std::optional<std::string> coturn_program() {
  for (const char* path : {"/usr/bin/turnserver", "/usr/local/bin/turnserver"})
    if (executable(path)) return path;
  return std::nullopt;
}

std::optional<std::string> missing_program(const Programs& programs, const trial::Plan& plan) {
  for (const auto& cell : plan.cells) {
    for (const auto* side : {&cell.client, &cell.connector})
      if (!side->agent.name.empty() && !driver_command(programs, side->agent.name))
        return without_driver(programs, side->agent.name);
    if (cell.relay_server == trial::RelayServer::coturn && !coturn_program())
      return "coturn is not installed; run: apt-get install coturn";
  }
  return std::nullopt;
}

}  // namespace punchlab::agents
