#pragma once
// For tests: how often `operator new` was called in this program.
#include <cstddef>

namespace punchlab::nat {

std::size_t allocation_count();

}  // namespace punchlab::nat
