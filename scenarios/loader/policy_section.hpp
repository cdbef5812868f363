#pragma once
// `policy`: names of presets, and presets with some constants changed under a name of their own.
#include "protocol/policy/policy.hpp"
#include "scenarios/loader/value.hpp"

namespace punchlab::loader {

/// One or more policies with different names.
std::vector<Policy> read_policies(const Value& value);

/// Names of the presets, in their order.
std::vector<std::string> policy_names();

}  // namespace punchlab::loader
