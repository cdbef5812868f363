#pragma once
// For tests: how often memory was allocated.
#include <cstdint>

namespace punchlab::agent {

/// Calls of `operator new` since the program started.
std::uint64_t count_of_news();

}  // namespace punchlab::agent
