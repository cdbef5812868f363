#pragma once
// Internal: libsodium chooses its fastest implementations for the processor in sodium_init, which must run once.

namespace punchlab::session {

/// Aborts when libsodium cannot start, since nothing could be sealed then.
void ensure_sodium();

}  // namespace punchlab::session
