#pragma once
// A peer's side of the rendezvous (docs/protocol.md): registers at the relay over the peer's own outbound flow, keeps the
// registration, hands messages for other peers to the relay, and takes what the relay delivers.
#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "protocol/base/endpoint.hpp"
#include "protocol/policy/policy.hpp"
#include "protocol/rendezvous/peer_id.hpp"
#include "protocol/rendezvous/transaction.hpp"
#include "protocol/stun/long_term_client.hpp"

namespace punchlab::rendezvous {

/// Bytes to send to the relay on the flow of the registration; they lie at the start of the poll buffer.
struct Send {
  std::size_t size = 0;
};

/// The relay knows this peer. Given once for each registration that follows a time without one, and when `mapped` changed.
struct Registered {
  TransportAddress mapped;  ///< the flow's address as the relay sees it
  Duration round_trip{0};   ///< of the request that the relay answered; an upper bound when it was sent more than once
};

/// A message of another peer: `size` bytes at the start of the poll buffer. At least once, in any order.
struct Delivered {
  PeerId from;
  std::size_t size = 0;
};

/// The relay timed the simultaneous start with `peer`: send the first checks at `at`, which is `delay` after this poll
/// (zero when that moment has passed, or when the relay could not time it). It is the same moment on both sides.
struct StartIn {
  PeerId peer;
  Duration delay{0};
  Time at;
};

/// The registration failed or was lost: the relay's error code, or 0 when it did not answer. The client tries again,
/// except after `credential refused` (401), which ends it.
struct Unavailable {
  int code = 0;
};

/// A message could not be handed to the relay: its error code (404: no room to wait for an unregistered peer), or 0 when
/// it did not answer.
struct ForwardFailed {
  PeerId to;
  int code = 0;
};

class Client {
 public:
  using Output = std::variant<Deadline, Send, Registered, Delivered, StartIn, Unavailable, ForwardFailed>;
  static constexpr std::size_t kMaxPayload = 1100;  ///< bytes of one forwarded message
  static constexpr std::size_t kMaxForwards = 4;    ///< in flight at once

  /// All three must outlive the client; of `policy`, gather_rto and keepalive are used.
  Client(const Policy& policy, stun::LongTermClient& credential, const PeerId& self, Rng& rng);
  Client(const Client&) = delete;  // transactions point at constants_
  Client& operator=(const Client&) = delete;

  /// Registers, and keeps registered until destroyed.
  void start(Time now);
  /// Hands `payload` (copied, at most kMaxPayload bytes) to the relay for `to`, and sees to it that it gets there. With
  /// `timed` the relay times the start of both sides, which then both get a StartIn. Before the registration stands it
  /// waits. False when kMaxForwards are in flight or the payload is too long; nothing happens then.
  bool forward(Time now, const PeerId& to, Bytes payload, bool timed = false);
  /// True when the message was for this client (its transactions, deliveries to it); false leaves it for others.
  bool handle_message(Time now, const stun::MessageView& message);
  void handle_timeout(Time now);
  /// Drain until it gives a Deadline.
  Output poll(Time now, MutableBytes out);

  bool registered() const { return registered_; }
  /// Messages for this client that were malformed or whose integrity was wrong.
  std::uint64_t rejected() const { return rejected_; }

 private:
  enum class Phase : std::uint8_t { idle, registering, registered, refused };
  struct Forward {
    bool used = false;
    bool timed = false;
    PeerId to;
    Transaction transaction;
    std::size_t size = 0;
    std::array<std::uint8_t, kMaxPayload> payload;
  };
  struct Inbox {
    PeerId from;
    std::size_t size = 0;
    std::array<std::uint8_t, kMaxPayload> payload;
  };

  void send_register(Time now, bool authenticated);
  void handle_register_success(Time now, const stun::MessageView& message);
  void handle_register_error(Time now, const stun::MessageView& message);
  void lose_registration(Time now, int code, Duration retry_after);
  void send_forward(Time now, Forward& forward);
  void handle_forward_success(Time now, Forward& forward, const stun::MessageView& message);
  void handle_forward_error(Time now, Forward& forward, const stun::MessageView& message);
  void finish_forward(Forward& forward, int code);
  bool handle_delivery(Time now, const stun::MessageView& message);
  void note_start(const PeerId& peer, Time at);
  Forward* find_forward(const stun::TransactionId& id);
  std::optional<Output> poll_send(Time now, MutableBytes out);
  std::optional<Output> poll_event(Time now, MutableBytes out);
  std::size_t write_register(MutableBytes out) const;
  std::size_t write_forward(const Forward& forward, MutableBytes out) const;
  Time next_deadline() const;

  stun::RetransmissionConstants constants_;
  Duration keepalive_;
  stun::LongTermClient* credential_;
  PeerId self_;
  Rng* rng_;

  bool started_ = false, registered_ = false, refused_ = false;
  bool announce_ = false;            ///< a Registered waits to be polled
  Transaction registration_;
  bool register_authenticated_ = false;
  bool answers_challenge_ = false;   ///< the Register under way left at once after a challenge: the relay can measure it
  int measurements_left_ = 0;        ///< how often we still ask for a fresh challenge to be measured
  Time renew_at_ = kNever;           ///< the next Register
  Time expires_at_ = kNever;
  TransportAddress mapped_;
  Duration round_trip_{0};

  std::array<Forward, kMaxForwards> forwards_;
  static constexpr std::size_t kInbox = 4, kEvents = 8;
  std::array<Inbox, kInbox> inbox_;
  std::size_t inbox_head_ = 0, inbox_count_ = 0;
  struct Start {
    PeerId peer;
    Time at;
  };
  std::array<std::variant<Start, Unavailable, ForwardFailed>, kEvents> events_;
  std::size_t event_head_ = 0, event_count_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace punchlab::rendezvous
