#pragma once
// How many trials in real time a machine bears at once: more as long as they are in time, fewer when they are late, as
// TCP finds its rate. Lies in memory that the workers of a run share; each trial takes a ticket, and goes in its turn.
#include <atomic>
#include <cstdint>

#include "protocol/base/time.hpp"

namespace punchlab::runner {

/// A trial was late when one packet of a hundred was later than this: half of what results::Lateness warns of.
inline constexpr Duration kLateTrial = std::chrono::milliseconds{5};

class Admission {
 public:
  /// Lets `least` trials run at once to begin with, and always; at most `most`, which is not less.
  Admission(std::uint32_t least, std::uint32_t most) : least_(least), most_(most), allowed_(least) {}

  /// The next turn.
  std::uint32_t take_ticket() { return next_++; }
  /// Whether it is that ticket's turn.
  bool may_run(std::uint32_t ticket) const {
    return static_cast<std::int32_t>(ticket - left_.load()) < static_cast<std::int32_t>(allowed_.load());
  }
  /// The trial of a ticket is over. Those that were on when one was late say nothing new of the machine: there is one
  /// cut for all of them.
  void leave(std::uint32_t ticket, bool late);

  std::uint32_t allowed() const { return allowed_; }

 private:
  std::uint32_t least_, most_;
  std::atomic<std::uint32_t> next_{0};       ///< ticket
  std::atomic<std::uint32_t> left_{0};       ///< trials that are over
  std::atomic<std::uint32_t> allowed_;       ///< trials at once
  std::atomic<std::uint32_t> heed_from_{0};  ///< earlier tickets were taken before the last cut
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "it is shared between processes");

}  // namespace punchlab::runner
