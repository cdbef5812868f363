#include "net/tunnel/recovery.hpp"

#include <algorithm>
#include <cmath>

namespace punchlab::tunnel {

void Recovery::sent(SentPacket packet) {
  next_number_ = packet.number + 1;
  if (!packet.eliciting) return;  // nobody answers it
  in_flight_ += packet.size;
  last_eliciting_ = packet.at;
  if (probes_ > 0) --probes_;
  packets_.push_back(std::move(packet));
}

bool Recovery::acknowledge(Time now, const AckFrame& ack, Outcome& outcome) {
  if (ack.ranges.front().end > next_number_) return false;
  const auto named = [&](const SentPacket& p) {
    return std::any_of(ack.ranges.begin(), ack.ranges.end(),
                       [&](const Interval& r) { return r.begin <= p.number && p.number < r.end; });
  };
  const auto largest = ack.ranges.front().end - 1;
  std::deque<SentPacket> open;
  for (auto& packet : packets_) {
    if (!named(packet)) {
      open.push_back(std::move(packet));
      continue;
    }
    if (packet.number == largest) measure(now - packet.at, ack.delay);
    in_flight_ -= packet.size;
    grow(packet);
    outcome.acknowledged.push_back(std::move(packet));
  }
  packets_ = std::move(open);
  if (!largest_acknowledged_ || largest > *largest_acknowledged_) largest_acknowledged_ = largest;
  if (!outcome.acknowledged.empty()) backoff_ = probes_ = 0;
  find_lost(now, outcome);
  return true;
}

/// RFC 9002 section 5.3.
void Recovery::measure(Duration sample, Duration delay) {
  latest_ = sample;
  least_ = measured_ ? std::min(least_, sample) : sample;
  if (!measured_) {
    measured_ = true;
    smoothed_ = sample;
    variation_ = sample / 2;
    return;
  }
  delay = std::min(delay, kMaxAckDelay);
  const auto adjusted = sample >= least_ + delay ? sample - delay : sample;
  const auto off = smoothed_ > adjusted ? smoothed_ - adjusted : adjusted - smoothed_;
  variation_ = (3 * variation_ + off) / 4;
  smoothed_ = (7 * smoothed_ + adjusted) / 8;
}

Duration Recovery::loss_delay() const { return std::max(std::max(smoothed_, latest_) * 9 / 8, kGranularity); }

Duration Recovery::probe_timeout() const {
  const auto once = smoothed_ + std::max(4 * variation_, kGranularity) + kMaxAckDelay;
  return std::min(once * (1 << std::min(backoff_, 10)), kLongestProbe);
}

/// RFC 9002 section 6.1.
void Recovery::find_lost(Time now, Outcome& outcome) {
  loss_at_ = kNever;
  if (!largest_acknowledged_) return;
  std::deque<SentPacket> open;
  for (auto& packet : packets_) {
    const bool older = packet.number < *largest_acknowledged_;
    const bool lost = older && (packet.number + kPacketThreshold <= *largest_acknowledged_ || packet.at + loss_delay() <= now);
    if (older && !lost) loss_at_ = std::min(loss_at_, packet.at + loss_delay());
    if (!lost) {
      open.push_back(std::move(packet));
      continue;
    }
    in_flight_ -= packet.size;
    shrink(now, packet.at);
    outcome.lost.push_back(std::move(packet));
  }
  packets_ = std::move(open);
}

void Recovery::grow(const SentPacket& packet) {
  if (packet.at <= recovery_since_) return;
  if (window_ < threshold_) {
    window_ += packet.size;
  } else {
    grown_ += packet.size;
    if (grown_ >= window_) {
      grown_ -= window_;
      window_ += kMaxPacket;
    }
  }
  window_ = std::min(window_, kMostWindow);
}

void Recovery::shrink(Time now, Time sent_at) {
  if (sent_at <= recovery_since_) return;
  recovery_since_ = now;
  threshold_ = window_ = std::max(window_ / 2, kLeastWindow);
  grown_ = 0;
}

Recovery::Outcome Recovery::handle_timeout(Time now) {
  Outcome outcome;
  if (now < next()) return outcome;
  if (loss_at_ != kNever) {
    find_lost(now, outcome);
    return outcome;
  }
  ++backoff_;
  probes_ = 2;
  if (backoff_ == 3) window_ = kLeastWindow;  // RFC 9002 section 7.6: persistent congestion
  last_eliciting_ = now;
  // The copy is sent again; the packet itself may still be acknowledged.
  SentPacket copy = packets_.front();
  outcome.lost.push_back(std::move(copy));
  return outcome;
}

Time Recovery::next() const {
  if (loss_at_ != kNever) return loss_at_;
  return packets_.empty() ? kNever : last_eliciting_ + probe_timeout();
}

void Recovery::path_changed() {
  window_ = kInitialWindow;
  threshold_ = kMostWindow;
  grown_ = 0;
  measured_ = false;
  smoothed_ = kInitialRtt;
  variation_ = kInitialRtt / 2;
  backoff_ = 0;
  probes_ = std::max(probes_, 1);  // measure it
}

}  // namespace punchlab::tunnel
