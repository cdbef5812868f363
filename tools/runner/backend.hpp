#pragma once
// Worlds by the name that the command line gives them.
#include <memory>
#include <optional>
#include <string_view>

#include "sim/trial/network.hpp"

namespace punchlab::runner {

enum class Backend : std::uint8_t { ns3, memory };

/// "ns3" or "memory"; nothing for others.
std::optional<Backend> parse_backend(std::string_view name);
std::string_view name_of(Backend backend);
/// How many neighbouring trials a worker of this backend takes together (ScheduleOptions::chunk).
std::size_t chunk_of(Backend backend);
/// One per process: ns-3 is a process-wide singleton.
std::unique_ptr<trial::World> make_world(Backend backend);

}  // namespace punchlab::runner
