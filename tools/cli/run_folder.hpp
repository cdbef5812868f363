#pragma once
// Where a run leaves its results, and what its manifest says.
#include "results/store/store.hpp"
#include "sim/trial/plan.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/run_options.hpp"

namespace punchlab::cli {

/// Throws the error with the exit status that it stands for.
[[noreturn]] void fail(const results::Error& error);
/// Throws unless all went well.
void check(const results::Status& status);

/// The new run folder, or with --resume the one to go on with. `planned`: trials that the run is to hold. Throws
/// CommandError, having changed nothing, when there is something else in the way or the run is another one.
results::Store open_store(const trial::Plan& plan, const RunOptions& options, std::size_t planned);

}  // namespace punchlab::cli
