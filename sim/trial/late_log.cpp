#include "sim/trial/late_log.hpp"

#include <algorithm>

namespace punchlab::trial {

void LateLog::add_packet(Time due, Time now) {
  if (count_ < kKept) kept_[count_++] = now - due;
  add(due, now);
}

/// Times at which several things are overdue count once.
void LateLog::add(Time due, Time now) {
  const Time from = std::max(due, known_until_);
  if (now <= from) return;
  behind_ += now - from;
  known_until_ = now;
}

std::optional<Duration> LateLog::quantile(unsigned percent) const {
  if (count_ == 0) return std::nullopt;
  auto sorted = kept_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>((count_ * percent + 99) / 100 - 1);
  std::nth_element(sorted.begin(), at, end);
  return *at;
}

}  // namespace punchlab::trial
