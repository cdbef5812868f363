#pragma once
// When to ask the relay again for what it took away: at once, then at least 5 s apart and ever more rarely.
#include <algorithm>

#include "protocol/base/time.hpp"

namespace punchlab::agent {

class Redial {
 public:
  static constexpr Duration kFirstWait = std::chrono::seconds{5};
  static constexpr Duration kLongestWait = std::chrono::minutes{1};
  static constexpr int kMaxAttempts = 20;  ///< in a row without success, a quarter of an hour; then it is given up

  /// Something was lost: an attempt comes due as soon as the last one is long enough ago. False: no more will.
  bool schedule(Time now) {
    if (attempts_ == kMaxAttempts) return false;
    at_ = std::max(now, not_before_);
    return true;
  }
  /// The server asked for patience (RFC 8656 section 7.4).
  void postpone(Time now) { not_before_ = std::max(not_before_, now + kLongestWait); }
  /// True once for each attempt, at its time.
  bool due(Time now) {
    if (now < at_) return false;
    at_ = kNever;
    not_before_ = now + wait_;
    wait_ = std::min(wait_ * 2, kLongestWait);
    ++attempts_;
    return true;
  }
  void succeeded() {
    attempts_ = 0;
    wait_ = kFirstWait;
  }
  Time next() const { return at_; }

 private:
  Time at_ = kNever;
  Time not_before_{};
  Duration wait_ = kFirstWait;
  int attempts_ = 0;
};

}  // namespace punchlab::agent
