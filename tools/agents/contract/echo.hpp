#pragma once
// The echo test of the contract, as a pure state machine: what to send when, and what was measured.
#include <optional>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"

namespace punchlab::contract {

/// Datagram: 0x80, 'P' (ping) or 'R' (reply), the name of the ping's sender, 0, sequence number u32 little-endian,
/// padding.
class EchoTest {
 public:
  static constexpr Duration kFirstInterval = std::chrono::milliseconds{20};
  static constexpr Duration kWait = std::chrono::milliseconds{300};  ///< for the reply to a ping that counts
  static constexpr std::uint32_t kFirstCounted = 2048;

  EchoTest(char name, unsigned count, std::size_t length, Duration settle)
      : name_(name), count_(count), length_(length), settle_(settle) {}

  /// A pair is selected: pings begin. Later calls have no effect.
  void begin(Time now);
  /// Takes a datagram that came. True: it is a ping, and `out` holds its reply, of the same size.
  bool handle(Time now, Bytes datagram, MutableBytes out);
  /// Writes the ping that is due at `now`; its size, or 0.
  std::size_t poll(Time now, MutableBytes out);
  /// When `poll` has work.
  Time next() const { return next_; }

  /// All that counts was sent, and answered or given up.
  bool finished() const { return finished_; }
  std::optional<Time> first_reply() const { return first_reply_; }
  unsigned sent() const { return sent_; }
  /// Round trips of the pings that count.
  const std::vector<Duration>& round_trips() const { return round_trips_; }
  std::size_t length() const { return length_; }

 private:
  bool settled(Time now) const { return first_reply_ && now >= begun_ + settle_; }

  char name_;
  unsigned count_;
  std::size_t length_;
  Duration settle_;
  Time begun_ = kNever, next_ = kNever, sent_at_{};
  std::optional<Time> first_reply_;
  std::uint32_t opening_ = 0;  ///< sequence number of the next ping that does not count
  unsigned sent_ = 0;
  bool waiting_ = false;  ///< for the reply to ping kFirstCounted + sent_ - 1
  bool finished_ = false;
  std::vector<Duration> round_trips_;
};

}  // namespace punchlab::contract
