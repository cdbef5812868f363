#include "tools/runner/admission.hpp"

#include <algorithm>

namespace punchlab::runner {

void Admission::leave(std::uint32_t ticket, bool late) {
  auto from = heed_from_.load();
  auto allowed = allowed_.load();
  if (static_cast<std::int32_t>(ticket - from) >= 0) {
    if (!late)
      while (!allowed_.compare_exchange_weak(allowed, std::min(allowed + 1, most_))) {
      }
    else if (heed_from_.compare_exchange_strong(from, next_.load()))
      allowed_ = std::max(least_, allowed - allowed / 4);
  }
  ++left_;
}

}  // namespace punchlab::runner
