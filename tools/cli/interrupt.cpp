#include "tools/cli/interrupt.hpp"

namespace punchlab::cli {

volatile std::sig_atomic_t interrupted = 0;

void listen_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace punchlab::cli
