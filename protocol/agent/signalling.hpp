#pragma once
// Offer, answer and later candidates, each sealed end to end by the session and handed to the relay (docs/protocol.md).
// What the rendezvous does not promise, delivery at the peer, this does: it repeats until the peer's reaction shows.
#include <algorithm>
#include <optional>

#include "protocol/policy/policy.hpp"
#include "protocol/rendezvous/client.hpp"
#include "protocol/rendezvous/description.hpp"
#include "protocol/session/session.hpp"
#include "protocol/stun/retransmission.hpp"

namespace punchlab::agent {

class Signalling {
 public:
  /// All must outlive it.
  Signalling(const Policy& policy, rendezvous::Client& rendezvous, session::Session& session,
             const rendezvous::PeerId& peer);

  /// Initiator: sends message 1 with `description`, and again until the answer is there or patience ends.
  void offer(Time now, const rendezvous::Description& description);
  bool offered() const { return offered_; }
  /// Responder, after `handle` gave the offer: sends message 2 with `description`, timed by the relay if `timed`.
  void answer(Time now, const rendezvous::Description& description, bool timed);
  /// Either side, once established: candidates that came since. Repeated a few times until `settle`, which does not end
  /// what `replaces` an earlier candidate: the peer would go on with that one. When a greeting tells the same (`greeted`),
  /// the first one waits for its effect.
  void update(Time now, const rendezvous::Description& description, bool replaces, bool greeted);
  /// The peer is where it can be: repeating has no use any more.
  void settle() {
    if (!replaces_) update_timer_.stop();
  }
  /// The relay will not take anything from us.
  void stop();

  struct Handled {
    session::Verdict verdict = session::Verdict::malformed;
    std::optional<rendezvous::Description> description;
  };
  /// What the relay delivered: the peer's description when it was authentic and new.
  Handled handle(Time now, Bytes message);

  void handle_timeout(Time now);
  Time next() const { return std::min({offer_timer_.next(), update_timer_.next(), retry_at_}); }

 private:
  /// A lost update costs only time: the pairs that it makes possible are the last resort.
  static constexpr int kUpdates = 4;

  void send_handshake(Time now);
  void retry_later(Time now) { retry_at_ = now + offer_constants_.rto; }
  void send_update(Time now);
  Handled handle_handshake(Time now, Bytes message);
  Handled handle_signal(Bytes message);

  rendezvous::Client* rendezvous_;
  session::Session* session_;
  rendezvous::PeerId peer_;
  stun::RetransmissionConstants offer_constants_;
  stun::RetransmissionConstants update_constants_;
  stun::Retransmission offer_timer_{offer_constants_};
  stun::Retransmission update_timer_{update_constants_};
  bool offered_ = false;
  bool answered_ = false;
  bool timed_ = false;
  bool handshake_waits_ = false;  ///< the relay client had no room for it
  bool update_waits_ = false;
  bool replaces_ = false;
  Time retry_at_ = kNever;
  std::size_t update_size_ = 0;
  std::array<std::uint8_t, rendezvous::Description::kMaxSize> update_;
};

}  // namespace punchlab::agent
