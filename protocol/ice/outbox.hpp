#pragma once
// What waits to be polled, first in, first out. Messages are written only when polled, into the caller's buffer.
#include <variant>
#include <vector>

#include "protocol/ice/agent.hpp"

namespace punchlab::ice {

/// A check or consent check: the transaction in that slot of the pair, if it is still open.
struct SendCheck {
  std::uint16_t pair = 0;
  std::uint8_t slot = 0;
};
/// A packet that expires before the peer and only opens the own NAT.
struct SendOpener {
  std::uint16_t pair = 0;
};
struct SendKeepalive {
  std::uint16_t pair = 0;
};
/// An answer to a request: `code` 0 is success.
struct SendResponse {
  BaseId base;
  TransportAddress destination;
  stun::TransactionId id{};
  std::uint16_t code = 0;
  bool authenticated = true;  ///< 400 and 401 to unauthenticated requests carry no integrity (RFC 8489 section 9.1.3)
  std::uint8_t unknown_count = 0;
  std::array<std::uint16_t, 4> unknown{};
};

using Pending =
    std::variant<SendCheck, SendOpener, SendKeepalive, SendResponse, PairValid, Selected, Lost, Failed>;

/// Never grows: sends beyond the capacity are refused, as if the network had lost them; events have room of their own.
class Outbox {
 public:
  explicit Outbox(std::size_t sends) : sends_(sends) { items_.reserve(sends + kEventRoom); }
  /// False when full.
  bool push(const Pending& item) {
    const bool event = item.index() >= 4;
    if (size() >= sends_ + (event ? kEventRoom : 0)) return false;
    if (items_.size() == items_.capacity()) compact();
    items_.push_back(item);
    return true;
  }
  bool empty() const { return head_ == items_.size(); }
  Pending pop() {
    Pending item = items_[head_++];
    if (empty()) compact();
    return item;
  }

 private:
  static constexpr std::size_t kEventRoom = 64;
  std::size_t size() const { return items_.size() - head_; }
  void compact() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  std::size_t sends_;
  std::size_t head_ = 0;
  std::vector<Pending> items_;
};

}  // namespace punchlab::ice
