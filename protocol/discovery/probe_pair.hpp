#pragma once
// Two sockets that look at a mapping without touching it (RFC 5780 section 4.6): the server sends what one asks for to
// the external port of the other (RESPONSE-PORT), from the primary address, which both have sent to.
#include <optional>

#include "protocol/discovery/step.hpp"

namespace punchlab::discovery {

/// Makes a fresh mapping in a wanted state; `prepare` is called like Test::next until it gives nothing.
class ProbePair {
 public:
  enum class Kind : std::uint8_t {
    unreplied,  ///< no packet ever came in
    replied,    ///< two-way traffic for `kSettle`
  };
  static constexpr Duration kSettle = std::chrono::seconds{5};

  /// Starts over with a new socket.
  void start(Kind kind);
  std::optional<Step> prepare(Time now, const Outcome& last, Context& context);
  bool ready() const { return subject_mapped_.port != 0; }  ///< after `prepare`: false when the NAT made it impossible
  Time since() const { return since_; }                     ///< when the mapping was last refreshed

  /// Makes the observer share the subject's external address now, with a fresh mapping of its own: call like `prepare`,
  /// shortly before `ask_whether_alive` or `refresh_outbound`.
  void start_observing() { observing_ = 0; }
  std::optional<Step> observe(const Outcome& last, Context& context);
  /// Answered: alive. Refreshes it inbound when it is.
  Step ask_whether_alive(Context& context) const;
  /// A packet out whose answer goes to the observer, so that nothing comes in.
  Step refresh_outbound(Context& context) const;

 private:
  std::optional<Step> prepare_unreplied(Time now, const Outcome& last, Context& context);
  std::optional<Step> prepare_replied(Time now, const Outcome& last, Context& context);

  /// Sockets to try until one shares its external address with the observer (arbitrary pooling).
  static constexpr int kMostTries = 64;
  Kind kind_ = Kind::unreplied;
  int step_ = 0;
  int tries_ = 0;
  int observing_ = 0;
  bool has_observer_ = false;
  SocketId observer_socket_;
  SocketId subject_;
  TransportAddress observer_;
  TransportAddress subject_mapped_;
  Time since_;
};

}  // namespace punchlab::discovery
