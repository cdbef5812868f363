#pragma once
// Learns a socket's server-reflexive address: one Binding transaction with the relay (RFC 8445 section 5.1.1.2).
#include <optional>

#include "protocol/base/endpoint.hpp"
#include "protocol/policy/policy.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/stun/retransmission.hpp"

namespace punchlab::agent {

class Gatherer {
 public:
  Gatherer(const Policy& policy, Rng& rng);

  /// The first request leaves at the next poll.
  void start(Time now);
  /// True when `response` belongs to this transaction; `mapped()` then says what it brought.
  bool handle_response(const stun::MessageView& response);
  void handle_timeout(Time now);
  /// Writes the request when one is due; its size, or 0.
  std::size_t poll(MutableBytes out);
  Time next() const { return timer_.next(); }

  /// The transaction has ended, well or badly.
  bool done() const { return done_; }
  std::optional<TransportAddress> mapped() const { return mapped_; }

 private:
  stun::RetransmissionConstants constants_;
  stun::Retransmission timer_{constants_};
  stun::TransactionId id_;
  bool send_ = false;
  bool done_ = false;
  std::optional<TransportAddress> mapped_;
};

}  // namespace punchlab::agent
