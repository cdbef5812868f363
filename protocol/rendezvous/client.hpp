#pragma once
// A peer's side of the rendezvous (docs/protocol.md): registers at the relay over the peer's own outbound flow, keeps
// the registration, hands messages for other peers to the relay, and takes what the relay delivers.
#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "protocol/base/endpoint.hpp"
#include "protocol/policy/policy.hpp"
#include "protocol/rendezvous/peer_id.hpp"
#include "protocol/rendezvous/ring.hpp"
#include "protocol/rendezvous/transaction.hpp"
#include "protocol/stun/long_term_client.hpp"

namespace punchlab::rendezvous {

/// Bytes to send to the relay on the flow of the registration; they lie at the start of the poll buffer.
struct Send {
  std::size_t size = 0;
};

/// The relay knows this peer. Given once for each registration that follows a time without one, and when `mapped`
/// changed.
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
/// except after 401, which says that the credential is wrong.
struct Unavailable {
  int code = 0;
};

/// A message could not be handed to the relay: its error code (486, 508: no room to wait for an unregistered peer), or
/// 0 when it did not answer.
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
  /// `timed` the relay times the start of both sides, which then both get a StartIn. Without a registration it
  /// waits, or follows the authenticated Register that is under way. False when kMaxForwards are in flight or the
  /// payload is too long; nothing happens then.
  bool forward(Time now, const PeerId& to, Bytes payload, bool timed = false);
  /// True when the message was for this client (its transactions, deliveries to it); false leaves it for others.
  bool handle_message(Time now, const stun::MessageView& message);
  void handle_timeout(Time now);
  /// Drain until it gives a Deadline.
  Output poll(Time now, MutableBytes out);

  bool registered() const { return registered_; }
  /// Messages for this client that were malformed, whose integrity was wrong, or for which there was no room.
  std::uint64_t rejected() const { return rejected_; }

 private:
  struct Forward {
    bool used = false;
    bool timed = false;
    int attempts = 0;  ///< new transactions after an error that a new registration or nonce may mend
    PeerId to;
    Transaction transaction;  ///< not running: waits for the registration
    std::size_t size = 0;
    std::array<std::uint8_t, kMaxPayload> payload;
  };
  struct Delivery {
    PeerId from;
    std::size_t size = 0;
    std::array<std::uint8_t, kMaxPayload> payload;
  };
  struct Start {
    PeerId peer;
    Time at;
  };

  void send_register(Time now, bool authenticated, bool answers_challenge);
  void handle_register_response(Time now, const stun::MessageView& message);
  void accept_registration(Time now, const stun::MessageView& message);
  void end_registration(int code);
  void send_forward(Time now, Forward& forward);
  void send_waiting_forwards(Time now);
  void handle_forward_response(Time now, Forward& forward, const stun::MessageView& message);
  void mend_forward(Time now, Forward& forward, const stun::MessageView& error);
  void fail_forward(Forward& forward, int code);
  void handle_delivery(Time now, const stun::MessageView& message);
  void note_start(Time now, const PeerId& peer, std::optional<std::uint64_t> delay);
  std::size_t write_register(MutableBytes out) const;
  std::size_t write_forward(const Forward& forward, MutableBytes out) const;
  std::optional<Output> poll_send(MutableBytes out);
  std::optional<Output> poll_delivery(MutableBytes out);
  std::optional<Output> poll_event(Time now);
  Time next_timeout() const;

  stun::RetransmissionConstants constants_;
  Duration keepalive_;
  stun::LongTermClient* credential_;
  PeerId self_;
  Rng* rng_;

  Transaction registration_;
  bool register_authenticated_ = false;  ///< the Register under way carries the credential
  bool answers_challenge_ = false;       ///< and left at once after a challenge, so that the relay can time it
  bool registered_ = false;
  bool refused_ = false;       ///< the credential is no good; nothing more is tried
  bool announce_ = false;      ///< a Registered waits to be polled
  int measurements_left_ = 0;  ///< how often a fresh challenge is still asked for, to be timed by it
  Time renew_at_ = kNever;     ///< when the next Register leaves
  TransportAddress mapped_;
  Duration round_trip_{0};
  bool quiet_ = false;  ///< a Deadline was given, and nothing has happened since
  Deadline next_;       ///< while quiet: that one

  std::array<Forward, kMaxForwards> forwards_;
  Ring<Delivery, 4> deliveries_;
  Ring<std::variant<Start, Unavailable, ForwardFailed>, 8> events_;
  std::uint64_t rejected_ = 0;
};

}  // namespace punchlab::rendezvous
