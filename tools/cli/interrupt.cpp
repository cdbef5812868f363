#include "tools/cli/interrupt.hpp"

#include <thread>

namespace punchlab::cli {

volatile std::sig_atomic_t interrupted = 0;

void listen_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void survive_closed_pipes() { std::signal(SIGPIPE, SIG_IGN); }

void pause_unless_interrupted(std::chrono::milliseconds length) {
  const auto end = std::chrono::steady_clock::now() + length;
  while (interrupted == 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds{50});
}

}  // namespace punchlab::cli
