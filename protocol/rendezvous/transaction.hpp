#pragma once
// One STUN request of the rendezvous client: its id, and when it is sent again.
#include <optional>

#include "protocol/stun/message.hpp"
#include "protocol/stun/retransmission.hpp"

namespace punchlab::rendezvous {

struct Transaction {
  std::optional<stun::Retransmission> timer;  ///< running while the transaction is under way
  stun::TransactionId id{};
  Time sent_at;             ///< of the first transmission
  bool send_now = false;    ///< a transmission waits to be polled

  /// A new request, with a new id, leaves at the next poll.
  void start(Time now, const stun::RetransmissionConstants& constants, Rng& rng) {
    timer.emplace(constants);
    timer->start(now);
    id = stun::random_transaction_id(rng);
    sent_at = now;
    send_now = true;
  }
  void stop() {
    timer.reset();
    send_now = false;
  }
  bool running() const { return timer.has_value(); }
  bool is(const stun::TransactionId& other) const { return running() && id == other; }
  /// Retransmits when due. True when the request has failed: nobody answered; it is over then.
  bool advance(Time now) {
    if (!running()) return false;
    const auto due = timer->due(now);
    if (due == stun::Retransmission::Due::send) send_now = true;
    if (due != stun::Retransmission::Due::failed) return false;
    stop();
    return true;
  }
  Time next() const { return running() ? timer->next() : kNever; }
};

}  // namespace punchlab::rendezvous
