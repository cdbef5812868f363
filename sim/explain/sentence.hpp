#pragma once
// One sentence that a person understands.
#include <string>

#include "sim/explain/recording.hpp"

namespace punchlab::explain {

/// How the trial ended and why, as the packets show it.
std::string sentence(const Recording& recording);

}  // namespace punchlab::explain
