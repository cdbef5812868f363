#pragma once
// For tests: how often memory was allocated. punchlab_module(... COUNTS_NEWS) gives a test program what counts.
#include <cstdint>

namespace punchlab {

/// Calls of `operator new` in any of its forms since the program started.
std::uint64_t count_of_news();

}  // namespace punchlab
