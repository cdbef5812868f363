#pragma once
#include <sys/types.h>

#include "tools/runner/admission.hpp"
#include "tools/runner/pool.hpp"

namespace punchlab::runner {

struct WorkerShare {
  unsigned worker = 0;
  unsigned workers = 1;
  Admission* admission = nullptr;  ///< asked before each trial, unless null; shared with the other workers
};

/// The whole life of a worker process: runs its share of `items`, writes each record to `fd`, and exits: 0, or 3 after
/// a message on stderr. Ends with `parent`, also when that is killed.
[[noreturn]] void run_worker(const trial::Plan& plan, const Schedule& items, WorkerShare share,
                             const PoolOptions& options, int fd, pid_t parent);

}  // namespace punchlab::runner
