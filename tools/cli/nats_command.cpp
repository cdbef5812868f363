#include "tools/cli/command.hpp"

namespace punchlab::cli {
int nats_command(const Arguments&) { throw CommandError(kMachineLacks, "the survey of presets is being built"); }
}  // namespace punchlab::cli
