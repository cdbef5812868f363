#pragma once
// The relay's side of the rendezvous (docs/protocol.md): knows which peer is reachable over which flow, passes sealed
// messages between peers that it cannot read, and times their simultaneous starts. Only authenticated requests reach
// it, so nothing here is created for strangers. Its tables never grow.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "protocol/base/slot_index.hpp"
#include "protocol/rendezvous/peer_id.hpp"
#include "protocol/stun/long_term_server.hpp"

namespace punchlab::rendezvous {

struct BrokerLimits {
  std::size_t registrations = 64;                        ///< peers registered at once
  std::size_t pending = 16;                              ///< messages that wait for a peer that has not registered yet
  Duration max_lifetime = std::chrono::seconds{60};      ///< of a registration, without a refresh
  std::size_t pending_per_user = 8;                      ///< of these
  Duration pending_lifetime = std::chrono::seconds{30};  ///< how long a message waits
};

/// Reserves a peer's id for one user. An id without a reservation belongs to the first user that registers it, until
/// that registration ends.
struct Reservation {
  PeerId id;
  std::uint32_t user = 0;  ///< index, as in stun::LongTermServer::Authenticated
};

/// A STUN message to send on `socket` along `flow`; it lies at the start of the poll buffer.
struct BrokerSend {
  SocketId socket;
  FiveTuple flow;
  std::size_t size = 0;
};

class Broker {
 public:
  using Output = std::variant<Deadline, BrokerSend>;
  static constexpr std::size_t kMaxPayload = 1200;  ///< bytes of a forwarded message
  /// Round trips above this are stale nonces rather than measurements.
  static constexpr Duration kMaxRoundTrip = std::chrono::seconds{3};

  explicit Broker(const BrokerLimits& limits = {}, std::span<const Reservation> reservations = {});

  /// True for requests of the methods that the broker answers: authenticate these and give them to `handle`.
  static bool serves(const stun::MessageView& message);
  /// One authenticated request that came on `socket` along `flow` (local: ours, remote: the peer's as seen here). Drain
  /// `poll` after each.
  void handle(Time now, const FiveTuple& flow, SocketId socket, const stun::MessageView& request,
              const stun::LongTermServer::Authenticated& sender);
  /// Forgets what has expired.
  void handle_timeout(Time now);
  Output poll(Time now, MutableBytes out);

  std::size_t registrations() const { return by_id_.size(); }
  std::size_t pending() const { return pending_count_; }
  /// Outputs that were lost because the caller did not drain `poll`.
  std::uint64_t overflows() const { return overflows_; }

 private:
  /// The start that was timed for the last timed message to a peer; a repetition of that message gets what remains.
  struct Timing {
    PeerId from;
    std::uint64_t digest = 0;
    Time at = kNever;
  };
  struct Registration {
    bool used = false;
    bool sha256 = false;
    PeerId id;
    FiveTuple flow;
    SocketId socket;
    std::uint32_t user = 0;
    const stun::IntegrityKey* key = nullptr;
    Time expiry;
    Duration round_trip = kMaxRoundTrip;  ///< smallest seen; kMaxRoundTrip: not measured
    Timing timing;
  };
  struct Pending {
    PeerId to, from;
    std::uint32_t user = 0;
    Time expiry = kNever;
    std::size_t size = 0;  ///< 0: the slot is free
  };
  struct Outgoing {
    SocketId socket;
    FiveTuple flow;
    std::size_t size = 0;
  };
  struct Request;  ///< what `handle` was given, in one piece

  int handle_register(const Request& request);
  int admit(const Request& request, const PeerId& id);
  Registration* place(const Request& request, const PeerId& id);
  void update(const Request& request, Registration& registration, Duration lifetime);
  void remove(Registration& registration);
  void respond_registered(const Request& request, Duration lifetime);
  int handle_forward(const Request& request);
  int keep_pending(const Request& request, const PeerId& from, const PeerId& to, Bytes payload);
  Pending* pending_slot(const Request& request, const PeerId& from, const PeerId& to, int& code);
  void deliver_pending(Registration& to);
  void release(Pending& pending);
  std::optional<Time> time_start(Time now, const Registration& from, Registration& to, Bytes payload) const;
  void deliver(const Registration& to, const PeerId& from, Bytes payload, std::optional<Duration> delay);
  void respond_forwarded(const Request& request, std::optional<Duration> delay);
  void respond_error(const Request& request, int code);
  Registration* find(const PeerId& id);
  Registration* find(const FiveTuple& flow);
  MutableBytes new_message(SocketId socket, const FiveTuple& flow);
  Outgoing& last_outgoing() { return outgoing_[(outgoing_head_ + outgoing_count_ - 1) % kOutgoing]; }
  void finish_message(stun::MessageWriter& writer, const stun::IntegrityKey& key, bool sha256);

  BrokerLimits limits_;
  std::vector<Reservation> reservations_;
  std::vector<Registration> table_;
  std::vector<std::uint32_t> free_;  ///< slots of table_
  SlotIndex by_id_, by_flow_;
  std::vector<Pending> pending_;
  std::unique_ptr<std::uint8_t[]> pending_bytes_;
  std::size_t pending_count_ = 0;
  static constexpr std::size_t kOutgoing = 8;  ///< one request causes at most three
  std::array<Outgoing, kOutgoing> outgoing_;
  std::unique_ptr<std::uint8_t[]> outgoing_bytes_;
  std::size_t outgoing_head_ = 0, outgoing_count_ = 0;
  Time next_expiry_ = kNever;     ///< nothing expires before
  std::uint64_t deliveries_ = 0;  ///< numbers the indications
  std::uint64_t overflows_ = 0;
};

}  // namespace punchlab::rendezvous
