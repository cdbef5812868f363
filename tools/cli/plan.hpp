#pragma once
// From a scenario file to a plan that a backend can run, or a message and an exit status.
#include "scenarios/loader/loader.hpp"
#include "tools/runner/backend.hpp"

namespace punchlab::cli {

/// Throws CommandError, wrong usage, when the file is wrong.
trial::Plan load_plan(const std::filesystem::path& scenario, const loader::Overrides& overrides);
/// Throws CommandError, wrong usage, when the backend cannot model a cell of the plan.
void check_backend(const trial::Plan& plan, runner::Backend backend);

}  // namespace punchlab::cli
