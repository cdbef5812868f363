#pragma once
// What became of everything the relay received. What TURN did with its part is in turn::ServerCounters.
#include <cstdint>

namespace punchlab::relay {

struct Counters {
  std::uint64_t received = 0;            ///< datagrams and stream messages from clients; peers' datagrams are TURN's to count
  std::uint64_t unknown_socket = 0;      ///< for a socket that was never added, or is closed
  std::uint64_t malformed = 0;           ///< neither STUN nor ChannelData, or STUN that does not parse
  std::uint64_t unknown_method = 0;      ///< requests and indications of methods that are not served
  std::uint64_t unexpected = 0;          ///< responses: the relay asks nobody anything
  std::uint64_t bindings = 0;            ///< Binding requests answered, with success or 4xx
  std::uint64_t challenged = 0;          ///< 401 to a request without credentials: the usual first exchange
  std::uint64_t wrong_credentials = 0;   ///< 401 to a request with credentials
  std::uint64_t stale_nonces = 0;        ///< 438
  std::uint64_t bad_requests = 0;        ///< 400 before authentication
  std::uint64_t authenticated = 0;       ///< requests given to TURN or the broker
  std::uint64_t overflows = 0;           ///< dropped because the caller did not drain the outputs
  std::uint64_t streams_opened = 0;
  std::uint64_t streams_refused = 0;     ///< more than max_streams
  std::uint64_t streams_malformed = 0;   ///< closed because their bytes were no messages
  std::uint64_t streams_idle = 0;        ///< closed because nobody authenticated on them in time
};

}  // namespace punchlab::relay
