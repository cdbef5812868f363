#include "sim/link/transmitter.hpp"

#include <algorithm>

namespace punchlab::link {

Duration transmission_time(std::size_t ip_size, std::uint64_t bandwidth) {
  // ns-3 divides in 64.64 fixed point, truncates, multiplies by 10^9 and rounds half up.
  __extension__ using Wide = unsigned __int128;
  const Wide bits = Wide{ip_size + kFramingBytes} * 8;
  const Wide seconds = (bits << 64) / bandwidth;
  const Wide nanoseconds = seconds * 1'000'000'000U + (Wide{1} << 63);
  return Duration{static_cast<std::int64_t>(nanoseconds >> 64)};
}

void Transmitter::reset(std::uint64_t bandwidth, std::uint32_t queue) {
  times_.reset(bandwidth);
  idle_at_ = Time{};
  limit_ = std::max(queue, 1U);
  head_ = 0;
  waiting_ = 0;
}

Transmitter::Offer Transmitter::offer(Time now, std::uint32_t packet) {
  if (waiting_ == 0 && idle_at_ <= now) return Offer::start;
  if (waiting_ >= limit_) return Offer::drop;
  if (waiting_ == ring_.size()) {
    std::rotate(ring_.begin(), ring_.begin() + head_, ring_.end());
    head_ = 0;
    ring_.resize(std::max<std::size_t>(16, ring_.size() * 2));
  }
  ring_[(head_ + waiting_) % ring_.size()] = packet;
  ++waiting_;
  return Offer::wait;
}

Time Transmitter::begin(Time now, std::size_t ip_size) {
  idle_at_ = now + times_.of(ip_size);
  return idle_at_;
}

std::uint32_t Transmitter::take() {
  const auto packet = ring_[head_];
  head_ = static_cast<std::uint32_t>((head_ + 1) % ring_.size());
  --waiting_;
  return packet;
}

}  // namespace punchlab::link
