#pragma once
// What a relay is told at construction.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/discovery/responder.hpp"
#include "protocol/rendezvous/broker.hpp"
#include "protocol/stun/long_term_server.hpp"
#include "protocol/turn/server_config.hpp"

namespace punchlab::relay {

struct Config {
  std::string realm = "punchlab";
  std::vector<stun::User> users;                  ///< one list for TURN and the broker
  std::array<std::uint8_t, 32> nonce_secret{};    ///< random on a real relay, and kept over restarts if nonces should be too
  Duration nonce_lifetime = std::chrono::hours{1};
  turn::ServerConfig turn;
  rendezvous::BrokerLimits broker;
  std::vector<rendezvous::Reservation> reservations;
  /// The two addresses and two ports of RFC 5780; answered as such once a UDP socket was added for each of the four.
  std::optional<discovery::ServerAddresses> discovery;
  std::uint32_t max_streams = 64;                        ///< TCP and TLS connections at once; more are closed at once
  Duration stream_patience = std::chrono::seconds{30};   ///< a stream without an authenticated request is closed after it
  std::uint32_t max_queued = 64;                         ///< messages between two drains; more are dropped and counted
};

}  // namespace punchlab::relay
