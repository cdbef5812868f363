#pragma once
// The timers of consent (RFC 7675 section 5.1) and keepalive (RFC 8445 section 11) on the selected pair.
#include <algorithm>

#include "protocol/base/rng.hpp"
#include "protocol/policy/policy.hpp"

namespace punchlab::ice {

class Consent {
 public:
  explicit Consent(const Policy& policy) : policy_(&policy) {}

  /// Watches a newly selected pair whose last answered check was answered at `renewed`.
  void begin(Time now, Time renewed, Rng& rng) {
    renew(renewed);
    schedule(now, rng);
    sent(now);
  }
  void stop() { next_check_ = doubt_ = expiry_ = keepalive_ = kNever; }
  void renew(Time now) {
    expiry_ = now + policy_->consent_timeout;
    doubt_ = now + policy_->consent_timeout / 2;
  }
  /// The next consent check: 0.8 to 1.2 intervals from now.
  void schedule(Time now, Rng& rng) {
    const auto interval = static_cast<double>(policy_->consent_interval.count());
    next_check_ = now + std::max(Duration{1}, Duration{static_cast<Duration::rep>(interval * (0.8 + 0.4 * rng.uniform()))});
  }
  /// Something was sent over the pair: no keepalive needed for a while.
  void sent(Time now) { keepalive_ = now + std::max(Duration{1}, policy_->keepalive); }
  void doubted() { doubt_ = kNever; }
  /// Half the timeout has passed without an answer.
  bool in_doubt() const { return doubt_ == kNever && expiry_ != kNever; }

  Time next_check() const { return next_check_; }
  /// Half the timeout passed unanswered: time to see which other pair could replace this one (docs/ice.md).
  Time doubt() const { return doubt_; }
  Time expiry() const { return expiry_; }
  Time keepalive() const { return keepalive_; }

 private:
  const Policy* policy_;
  Time next_check_ = kNever, doubt_ = kNever, expiry_ = kNever, keepalive_ = kNever;
};

}  // namespace punchlab::ice
