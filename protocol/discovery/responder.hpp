#pragma once
// The server's side of NAT behaviour discovery (RFC 5780 section 7.2): from two addresses and two ports it answers so
// that a client can tell what its NAT's mapping and filtering depend on. It keeps no state.
#include <array>
#include <cstdint>
#include <span>

#include "protocol/base/address.hpp"
#include "protocol/stun/message.hpp"

namespace punchlab::discovery {

/// The server's two addresses and two ports (RFC 5780 section 6: Da, Aa, Dp, Ap). Both addresses of one family.
struct ServerAddresses {
  std::array<IpAddress, 2> address;
  std::array<std::uint16_t, 2> port{3478, 3479};

  /// Transport address `i` of four: bit 1 chooses the address, bit 0 the port.
  TransportAddress at(std::size_t i) const { return {address[i >> 1], port[i & 1]}; }
  /// The number of `local`, or 4 when it is none of ours.
  std::size_t index_of(const TransportAddress& local) const;
};

/// What to send: `size` bytes at the start of the buffer, from local transport address `from` of the four. Size 0:
/// nothing.
struct Answer {
  std::size_t size = 0;
  std::size_t from = 0;  ///< index into ServerAddresses
  TransportAddress destination;
};

/// Answers the Binding request `request` that came in on `local` from `source`. The answer carries XOR-MAPPED-ADDRESS,
/// MAPPED-ADDRESS, RESPONSE-ORIGIN and OTHER-ADDRESS, honours CHANGE-REQUEST, RESPONSE-PORT and PADDING, or is an
/// error: 420 for unknown comprehension-required attributes, 400 for a malformed CHANGE-REQUEST or RESPONSE-PORT.
/// Anything else than a Binding request, and a `local` that is none of `server`, gets nothing. Credentials, where the
/// caller wants them, are checked before. PADDING is cut to what `out` holds. RESPONSE-PORT lets a client aim answers
/// at another port of its own address only.
Answer respond(const ServerAddresses& server, const TransportAddress& local, const TransportAddress& source,
               const stun::MessageView& request, MutableBytes out);

/// Attributes of a Binding request that `respond` understands, for callers that check unknown ones first.
std::span<const stun::Attribute> known_attributes();

}  // namespace punchlab::discovery
