#pragma once
// The application of a trial: the client sends probes, the connector echoes them, and both round trips and the path each
// half took (as the world saw it) are kept.
#include <array>
#include <optional>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::trial {

/// Application data of a probe and of its echo: kind, forward path, sequence number; then filler up to `Traffic::size`.
class Probe {
 public:
  static constexpr std::size_t kHeader = 8;
  enum class Kind : std::uint8_t { probe = 'P', echo = 'R' };

  /// Writes `out.size()` bytes.
  static void write(MutableBytes out, Kind kind, PathKind forward, std::uint32_t sequence);
  /// Nothing when `data` is no probe.
  static std::optional<Probe> parse(Bytes data);

  Kind kind = Kind::probe;
  PathKind forward = PathKind::none;  ///< how the probe reached the connector; in echoes only
  std::uint32_t sequence = 0;
};

/// The client's side of it.
class ProbeLog {
 public:
  /// Once the peers' paths are final, this many answers over them end the trial.
  static constexpr std::uint32_t kConfirmations = 3;
  /// How long after the last probe an answer may still come.
  static constexpr Duration kGrace = std::chrono::seconds{1};

  explicit ProbeLog(const Traffic& traffic) : traffic_(&traffic) { probes_.reserve(traffic.probes + kConfirmations); }

  /// A path stands: the first probe leaves now.
  void begin(Time now) {
    if (next_ == kNever && probes_.empty()) next_ = now;
  }
  /// When the next probe leaves.
  Time next() const { return next_; }
  /// Notes that one more probe leaves now; its sequence number.
  std::uint32_t sent(Time now);
  /// Notes an echo; duplicates and echoes of nothing are ignored. `back` is how the echo reached the client.
  void answered(Time now, const Probe& echo, PathKind back);
  /// Both peers' paths will not change any more, and data goes by `kind`. Once the planned probes have left, the log
  /// waits for this before it sends those that confirm the path.
  void set_final(Time now, PathKind kind);

  /// Every planned probe left and was answered or given up, and enough of them crossed the final path.
  bool complete(Time now) const;
  std::uint32_t sent_count() const { return static_cast<std::uint32_t>(probes_.size()); }
  std::uint32_t answered_count() const { return answered_; }
  /// Answers that went `kind` both ways.
  std::uint32_t answered_over(PathKind kind) const { return over_[static_cast<std::size_t>(kind)]; }
  /// Median round trip of the probes that went `kind` both ways.
  std::optional<Duration> round_trip(PathKind kind) const;
  /// When silence ends the trial: the last probe's grace. kNever while probes are still to be sent.
  Time give_up() const;

 private:
  struct Entry {
    Time sent;
    Duration round_trip{-1};  ///< negative: no answer
    PathKind path = PathKind::none;
  };
  bool enough_sent() const;
  bool waits_for_final() const { return probes_.size() >= traffic_->probes && final_ == PathKind::none; }
  const Traffic* traffic_;
  std::vector<Entry> probes_;
  Time next_ = kNever;
  PathKind final_ = PathKind::none;
  std::uint32_t answered_ = 0;
  std::array<std::uint32_t, 3> over_{};  ///< by PathKind; `none`: one half direct, one relayed
};

}  // namespace punchlab::trial
