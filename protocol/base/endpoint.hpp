#pragma once
// What every endpoint of the core (agent, relay server) speaks with its caller: datagrams in, one Output at a time out.
#include <cassert>
#include <cstdint>
#include <variant>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"

namespace punchlab {

/// A socket the caller opened for an endpoint; the endpoint names it, the caller maps it to a real one.
struct SocketId {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(SocketId, SocketId) = default;
};

/// A received datagram, or the next bytes of a stream when the socket is one.
struct Datagram {
  SocketId socket;
  TransportAddress source;
  Bytes payload;
};

/// The next moment at which `handle_timeout` has work. Always in the future of the poll that gave it.
struct Deadline {
  Time at = kNever;
  const char* reason = "idle";
};

/// Bytes to send. They lie at the start of the buffer given to `poll`.
struct Transmit {
  SocketId socket;
  TransportAddress destination;  ///< ignored on streams
  std::size_t size = 0;
  std::uint8_t ttl = 0;  ///< IPv4 TTL or IPv6 hop limit; 0 leaves the host's default
};

/// The endpoint wants a socket: for UDP bound to `local` (port 0: any), for streams connected to `remote`.
struct OpenSocket {
  SocketId socket;
  Transport transport = Transport::udp;
  TransportAddress local;
  TransportAddress remote;
};

struct CloseSocket {
  SocketId socket;
};

enum class PathKind : std::uint8_t { none, relayed, direct };

/// Application data now leaves over another path. `none`: no path stands.
struct PathChanged {
  PathKind kind = PathKind::none;
  TransportAddress remote;  ///< the peer's candidate that data is sent to
};

/// Decrypted application data from the peer: the first `size` bytes of the poll buffer.
struct Received {
  PathKind kind = PathKind::none;  ///< the path it came over
  std::size_t size = 0;
};

/// Both ends hold keys and at least one path carries data.
struct Connected {};

/// No path can be had; `reason` is from the fixed list in docs/reasons.md.
struct ConnectionFailed {
  const char* reason = "";
};

using Output =
    std::variant<Deadline, Transmit, OpenSocket, CloseSocket, PathChanged, Received, Connected, ConnectionFailed>;

/// The longest run of outputs one event may cause; more is a bug in the endpoint.
inline constexpr int kMaxOutputsPerDrain = 100'000;

/// Polls `endpoint` until it gives a Deadline, hands every other output to `sink(output, bytes)`, and returns the
/// deadline. `bytes` is the poll buffer. The one drain loop of all backends.
template <class Endpoint, class Sink>
Deadline drain(Endpoint& endpoint, Time now, MutableBytes buffer, Sink&& sink) {
  for (int i = 0; i < kMaxOutputsPerDrain; ++i) {
    const Output output = endpoint.poll(now, buffer);
    if (const auto* deadline = std::get_if<Deadline>(&output)) {
      assert(deadline->at > now && "a deadline lies in the future");
      return *deadline;
    }
    sink(output, Bytes{buffer});
  }
  assert(false && "an endpoint never stops giving outputs");
  return Deadline{};
}

}  // namespace punchlab
