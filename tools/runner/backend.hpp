#pragma once
// Worlds by the name that the command line gives them.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/trial/network.hpp"

namespace punchlab::runner {

enum class Backend : std::uint8_t { ns3, memory, sockets, sockets_kernel };

/// "ns3", "memory", "sockets" or "sockets-kernel" (real sockets, and the Linux kernel in place of each NatBox whose NAT
/// names kernel rules); nothing for others.
std::optional<Backend> parse_backend(std::string_view name);
std::string_view name_of(Backend backend);
/// True where packets cross real stacks in real time: no trial can be run again bit by bit.
bool is_real(Backend backend);
/// How many neighbouring trials a worker of this backend takes together (ScheduleOptions::chunk).
std::size_t chunk_of(Backend backend);
/// Worker processes when nothing else is asked for: trials of simulated worlds compute, those of real sockets wait.
unsigned default_jobs(Backend backend);
/// The same for trials whose sides are other people's agents.
unsigned default_agent_jobs();
struct Refusal {
  const trial::Cell* cell = nullptr;
  std::string reason;
};
/// The first cell of `plan` that this backend cannot model, and why; nothing when it can model all.
std::optional<Refusal> cannot_model(Backend backend, const trial::Plan& plan);
/// What the machine does not allow this backend or does not have of the plan's agents, and how to allow it; nothing when it can run.
std::optional<std::string> machine_lacks(Backend backend, const trial::Plan& plan);
/// One per process: ns-3 is a process-wide singleton, and the world of real sockets takes its process into namespaces,
/// for good. Throws std::runtime_error when the machine does not allow it.
std::unique_ptr<trial::World> make_world(Backend backend);

}  // namespace punchlab::runner
