#pragma once
// Ctrl-C and `kill`: noted by a handler, acted on where a command can stop and keep what it has.
#include <chrono>
#include <csignal>

namespace punchlab::cli {

/// Set once SIGINT or SIGTERM came.
extern volatile std::sig_atomic_t interrupted;

/// From now on both signals set `interrupted` instead of ending the process, and system calls that wait return EINTR.
void listen_for_interrupts();
/// Writing to a pipe that nobody reads becomes an error instead of ending the process.
void survive_closed_pipes();
/// Sleeps for `length`, or until one comes.
void pause_unless_interrupted(std::chrono::milliseconds length);

}  // namespace punchlab::cli
