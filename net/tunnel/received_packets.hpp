#pragma once
// Which packets came, and when to say so (RFC 9000 section 13.2).
#include <optional>

#include "net/tunnel/frame.hpp"
#include "net/tunnel/recovery.hpp"

namespace punchlab::tunnel {

class ReceivedPackets {
 public:
  /// It came before, or is so old that this is not known any more.
  bool seen(std::uint64_t number) const { return number < floor_ || numbers_.contains(number); }
  /// `eliciting`: its sender waits to hear of it.
  void add(Time now, std::uint64_t number, bool eliciting);
  /// When an acknowledgement leaves at the latest; kNever: none is owed.
  Time due() const { return due_; }
  /// The acknowledgement of all that came, which is then not owed any more; nothing when nothing came.
  std::optional<AckFrame> take(Time now);

 private:
  IntervalSet numbers_;
  std::uint64_t floor_ = 0;
  std::uint64_t largest_ = 0;
  Time largest_at_{};
  Time due_ = kNever;
  int waiting_ = 0;
};

}  // namespace punchlab::tunnel
