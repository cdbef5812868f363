#pragma once
// Which packets were lost, how long to wait for them, and how many may be on the way: loss detection and NewReno as in
// RFC 9002, for one packet number space.
#include <deque>
#include <span>
#include <variant>
#include <vector>

#include "net/tunnel/byte_streams.hpp"
#include "net/tunnel/frame.hpp"

namespace punchlab::tunnel {

/// A frame of which the sender must know whether it arrived.
struct SentFrame {
  enum class Kind : std::uint8_t { open, data, window, reset } kind = Kind::data;
  ChannelId channel;
  Piece piece;                           ///< of data
  ResetCode code = ResetCode::aborted;  ///< of a reset
};

struct SentPacket {
  std::uint64_t number = 0;
  Time at;
  std::size_t size = 0;
  bool eliciting = false;  ///< to be acknowledged, so it counts as being on the way
  std::vector<SentFrame> frames;
};

class Recovery {
 public:
  /// The receiver answers no later than this after the first packet that wants it.
  static constexpr Duration kMaxAckDelay = std::chrono::milliseconds{25};
  static constexpr Duration kLongestProbe = std::chrono::seconds{2};  ///< so that a path that returns is used soon

  struct Outcome {
    std::vector<SentPacket> acknowledged, lost;
  };

  void sent(SentPacket packet);
  /// `ranges` newest first. False: it names a packet that was never sent, and nothing was done.
  [[nodiscard]] bool acknowledge(Time now, const AckFrame& ack, Outcome& outcome);
  /// Lost packets, and after a whole probe timeout a copy of the oldest one on the way.
  Outcome handle_timeout(Time now);
  /// Room for one more packet.
  bool may_send() const { return probes_ > 0 || in_flight_ + kMaxPacket <= window_; }
  /// A probe is owed: something that is acknowledged must be sent, if only a ping.
  bool must_probe() const { return probes_ > 0; }
  /// Another path has other delays and another capacity (RFC 9000 section 9.4).
  void path_changed();
  Time next() const;
  std::uint64_t next_number() const { return next_number_; }
  std::size_t window() const { return window_; }
  /// Smoothed; nothing before there is a sample of this path.
  std::optional<Duration> round_trip() const { return measured_ ? std::optional(smoothed_) : std::nullopt; }

 private:
  static constexpr std::size_t kInitialWindow = 10 * kMaxPacket;
  static constexpr std::size_t kLeastWindow = 2 * kMaxPacket;
  static constexpr std::size_t kMostWindow = 1 << 20;
  static constexpr std::uint64_t kPacketThreshold = 3;
  static constexpr Duration kGranularity = std::chrono::milliseconds{1};
  static constexpr Duration kInitialRtt = std::chrono::milliseconds{333};

  void measure(Duration sample, Duration delay);
  void find_lost(Time now, Outcome& outcome);
  void grow(const SentPacket& packet);
  void shrink(Time now, Time sent_at);
  Duration loss_delay() const;
  Duration probe_timeout() const;

  std::deque<SentPacket> packets_;  ///< neither acknowledged nor lost, ascending
  std::uint64_t next_number_ = 0;
  std::optional<std::uint64_t> largest_acknowledged_;
  std::size_t in_flight_ = 0;
  std::size_t window_ = kInitialWindow;
  std::size_t threshold_ = kMostWindow;
  std::size_t grown_ = 0;         ///< bytes acknowledged towards the next packet of congestion avoidance
  Time recovery_since_{};         ///< the window shrinks once for what was sent before
  Time last_eliciting_{};
  Time loss_at_ = kNever;
  bool measured_ = false;
  Duration smoothed_ = kInitialRtt, variation_ = kInitialRtt / 2, latest_{0}, least_{0};
  int backoff_ = 0;
  int probes_ = 0;
};

}  // namespace punchlab::tunnel
