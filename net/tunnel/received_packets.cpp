#include "net/tunnel/received_packets.hpp"

#include <algorithm>

namespace punchlab::tunnel {

void ReceivedPackets::add(Time now, std::uint64_t number, bool eliciting) {
  const bool in_order = numbers_.empty() ? number == 0 : number == numbers_.ranges().back().end;
  numbers_.add({number, number + 1});
  if (number >= largest_) {
    largest_ = number;
    largest_at_ = now;
  }
  if (numbers_.ranges().size() > kMaxAckRanges) {
    floor_ = numbers_.ranges().front().end;
    numbers_.remove({0, floor_});
  }
  if (!eliciting) return;
  // At once for every second packet, and when one is missing: the sender then learns of a loss early.
  const bool now_please = ++waiting_ >= 2 || !in_order || numbers_.ranges().size() > 1;
  due_ = std::min(due_, now_please ? now : now + Recovery::kMaxAckDelay);
}

std::optional<AckFrame> ReceivedPackets::take(Time now) {
  due_ = kNever;
  waiting_ = 0;
  if (numbers_.empty()) return std::nullopt;
  AckFrame ack;
  ack.ranges.assign(numbers_.ranges().rbegin(), numbers_.ranges().rend());
  ack.delay = now - largest_at_;
  return ack;
}

}  // namespace punchlab::tunnel
