#pragma once
// When a STUN request over UDP is sent again, and when it has failed (RFC 8489 section 6.2.1).
#include "protocol/base/time.hpp"

namespace punchlab::stun {

/// Rc, Rm and RTO. With `linear` the interval stays RTO instead of doubling.
struct RetransmissionConstants {
  Duration rto = std::chrono::milliseconds{500};
  int max_transmissions = 7;  ///< Rc, at least 1
  int last_wait_factor = 16;  ///< Rm
  bool linear = false;
};

/// The timer of one transaction; the caller sends when it says so.
class Retransmission {
 public:
  enum class Due : std::uint8_t { nothing, send, failed };

  explicit Retransmission(const RetransmissionConstants& constants) : constants_(&constants) {}
  /// The first request leaves now.
  void start(Time now) {
    sent_ = 1;
    interval_ = constants_->rto;
    next_ = now + wait();
  }
  void stop() { next_ = kNever; }
  bool running() const { return next_ != kNever; }
  /// When `due` has something to say; kNever when stopped.
  Time next() const { return next_; }
  int transmissions() const { return sent_; }
  /// Advances past `now`: `send` means transmit again now, `failed` that the last wait is over (the timer stops).
  Due due(Time now) {
    if (now < next_) return Due::nothing;
    if (sent_ >= constants_->max_transmissions) {
      stop();
      return Due::failed;
    }
    ++sent_;
    if (!constants_->linear) interval_ *= 2;
    next_ = now + wait();
    return Due::send;
  }

 private:
  Duration wait() const {
    return sent_ >= constants_->max_transmissions ? constants_->rto * constants_->last_wait_factor : interval_;
  }
  const RetransmissionConstants* constants_;
  Duration interval_{0};
  Time next_ = kNever;
  int sent_ = 0;
};

}  // namespace punchlab::stun
