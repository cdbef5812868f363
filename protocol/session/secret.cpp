#include "protocol/session/secret.hpp"

#include <sodium.h>

#include <cstdlib>

#include "protocol/session/sodium.hpp"

namespace punchlab::session {

void wipe(MutableBytes bytes) { sodium_memzero(bytes.data(), bytes.size()); }

void ensure_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

}  // namespace punchlab::session
