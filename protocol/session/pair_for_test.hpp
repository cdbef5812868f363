#pragma once
// Two ends of one session, for tests and benchmarks.
#include <string_view>
#include <vector>

#include "protocol/session/session.hpp"

namespace punchlab::session {

using Octets = std::vector<std::uint8_t>;

inline Octets octets(std::string_view text) { return {text.begin(), text.end()}; }

struct SessionPair {
  explicit SessionPair(std::uint64_t seed = 1, std::uint64_t message_limit = Session::kMessageLimit)
      : rng({.seed = seed, .purpose = purpose_of("session-test")}),
        client(KeyPair::generate(rng)),
        connector(KeyPair::generate(rng)),
        initiator(Session::initiator(client, connector.public_key(), octets("test"), rng, message_limit)),
        responder(Session::responder(connector, client.public_key(), octets("test"), rng, message_limit)) {}

  static Octets write(Session& side, const Octets& payload) {
    Octets out(kMaxDatagram);
    out.resize(side.write_handshake(payload, out));
    return out;
  }
  static Octets seal(Session& side, const Octets& plaintext, Kind kind = Kind::data) {
    Octets out(plaintext.size() + Session::kOverhead);
    out.resize(side.seal(kind, plaintext, out));
    return out;
  }
  /// The plaintext when accepted.
  static Octets open(Session& side, const Octets& packet, Verdict expected = Verdict::accepted) {
    Octets out(kMaxDatagram);
    const Opened opened = side.open(packet, out);
    last = opened;
    out.resize(opened.verdict == expected ? opened.size : 0);
    return out;
  }
  static Verdict read(Session& side, const Octets& message) {
    payload.assign(kMaxDatagram, 0);
    last = side.read_handshake(message, payload);
    payload.resize(last.size);
    return last.verdict;
  }
  static Verdict verdict(Session& side, const Octets& packet) {
    Octets out(kMaxDatagram);
    return side.open(packet, out).verdict;
  }
  void establish() {
    read(responder, write(initiator, octets("offer")));
    read(initiator, write(responder, octets("answer")));
  }

  SeededRng rng;
  Identity client, connector;
  Session initiator, responder;
  static inline Opened last;     ///< of the last read or open
  static inline Octets payload;  ///< of the last read
};

}  // namespace punchlab::session
