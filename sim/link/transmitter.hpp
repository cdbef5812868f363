#pragma once
// The sending end of one link direction: a FIFO drop-tail queue before a transmitter of fixed bit rate. A pure state
// machine over moments; who owns the events calls it.
#include <array>
#include <cstdint>
#include <vector>

#include "protocol/base/time.hpp"

namespace punchlab::link {

/// Framing on the wire that an IP packet's transmission time counts: the protocol field of PPP (RFC 1661 section 2).
inline constexpr std::size_t kFramingBytes = 2;

/// Time to transmit an IP packet of `ip_size` bytes with its framing, to the nearest nanosecond exactly as ns-3's
/// `DataRate::CalculateBytesTxTime` rounds it. `bandwidth` in bit/s, positive.
Duration transmission_time(std::size_t ip_size, std::uint64_t bandwidth);

/// `transmission_time` for one bandwidth, which remembers its answers, also from trial to trial: few sizes make most
/// packets.
class TransmissionTimes {
 public:
  void reset(std::uint64_t bandwidth) {
    if (bandwidth == bandwidth_) return;
    bandwidth_ = bandwidth;
    known_ = {};
  }
  Duration of(std::size_t ip_size) {
    auto& known = known_[ip_size / 4 % known_.size()];  // payloads are made of words
    if (known.size != ip_size) known = {ip_size, transmission_time(ip_size, bandwidth_)};
    return known.time;
  }

 private:
  struct Known {
    std::size_t size = SIZE_MAX;
    Duration time{0};
  };
  std::uint64_t bandwidth_ = 1;
  std::array<Known, 32> known_;
};

class Transmitter {
 public:
  enum class Offer : std::uint8_t { start, wait, drop };

  /// Idle and empty. `bandwidth` in bit/s; `queue` is how many packets wait at most, 0 counts as 1.
  void reset(std::uint64_t bandwidth, std::uint32_t queue);

  /// A packet (any number that the caller knows it by) wants to leave. `start`: call `begin`. `wait`: it is queued,
  /// and when it is the only one waiting, the caller must call `take` at `idle_at`. `drop`: the queue is full.
  Offer offer(Time now, std::uint32_t packet);
  /// Transmission of a packet of `ip_size` bytes starts at `now`. Returns when its last bit has left.
  Time begin(Time now, std::size_t ip_size);
  /// The packet whose turn it is; only while `waiting() > 0`.
  std::uint32_t take();

  Time idle_at() const { return idle_at_; }
  std::uint32_t waiting() const { return waiting_; }

 private:
  Time idle_at_{};
  std::vector<std::uint32_t> ring_;  // grows with the longest queue ever seen, at most to `limit_`
  std::uint32_t limit_ = 0;
  std::uint32_t head_ = 0;
  std::uint32_t waiting_ = 0;
  TransmissionTimes times_;
};

}  // namespace punchlab::link
