#include <array>

#include "protocol/policy/policy.hpp"

namespace punchlab {
namespace {

using std::chrono::milliseconds;

/// Ours: constants chosen for a relay that already carries the data, so that checks may be quick and may give up early.
Policy relay_first() {
  Policy p;
  p.pacing = milliseconds{5};  // RFC 8445 14.2 allows less than 50 ms where the sum of checks stays small
  p.rto = milliseconds{100};
  p.linear_rto = false;
  p.max_transmissions = 5;
  p.last_wait_factor = 4;
  p.patience = milliseconds{5'000};
  p.gather_rto = milliseconds{250};
  return p;
}

/// RFC 8445 section 14 and RFC 8863 to the letter: nothing before a nomination, regular nomination.
Policy ice() {
  Policy p;
  p.name = "ice";
  p.relay_first = false;
  p.synchronised_start = false;
  p.nominate_first_valid = false;
  return p;
}

}  // namespace

std::span<const Policy> policy_presets() {
  static const std::array presets{relay_first(), ice()};
  return presets;
}

const Policy* find_policy(std::string_view name) {
  for (const auto& policy : policy_presets())
    if (policy.name == name) return &policy;
  return nullptr;
}

}  // namespace punchlab
