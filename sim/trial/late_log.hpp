#pragma once
// How late a world in real time did what was due. The simulated worlds never are.
#include <array>
#include <optional>

#include "protocol/base/time.hpp"

namespace punchlab::trial {

class LateLog {
 public:
  static constexpr std::size_t kKept = 1'024;  ///< packets whose lateness is kept, the first ones

  /// What was late before `from` counts as nothing in `behind`.
  void begin(Time from) { known_until_ = from; }
  /// A packet that was due at `due` reached its host at `now`.
  void add_packet(Time due, Time now);
  /// Something that was due at `due` was done at `now`.
  void add(Time due, Time now);

  /// For how long something was overdue, in all: what a world did late can have delayed by no more what came of it.
  Duration behind() const { return behind_; }
  /// Of the packets, by nearest rank, `percent` in 1-100; nothing when there was none.
  std::optional<Duration> quantile(unsigned percent) const;

 private:
  std::array<Duration, kKept> kept_;
  std::size_t count_ = 0;
  Time known_until_ = kTimeOrigin;
  Duration behind_{0};
};

}  // namespace punchlab::trial
