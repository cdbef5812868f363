#pragma once
// What a gateway remembers. All of it is plain data in pools.
#include <cstdint>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"
#include "sim/nat/index.hpp"

namespace punchlab::nat {

/// Life of a mapping or a session. A fresh one has `expires` at its creation and is extended at once.
struct Timing {
  Time created;
  Time expires;
  bool replied = false;  ///< a packet from outside was let in

  bool alive(Time now) const { return expires > now; }
};

/// Internal endpoint to external endpoint (RFC 4787 section 4.1). For ICMP queries the ports are query identifiers. A
/// firewall's entries have `external` equal to `internal`.
struct MappingEntry : Slot {
  Link by_inside;   ///< (protocol, internal, remote)
  Link by_outside;  ///< (protocol, external)
  TransportAddress internal;
  TransportAddress external;
  TransportAddress remote;  ///< the parts that the mapping depends on
  TransportAddress latest;  ///< external endpoint of the newest flow that wanted this mapping, its exceptions included
  Timing timing;            ///< expires with its last session
  std::uint64_t serial = 0;
  std::uint32_t first_session = kNone;
  std::uint32_t host = kNone;
  std::uint32_t block = kNone;
  std::uint8_t protocol = 0;
  bool exception = false;  ///< made for one remote endpoint, because the usual mapping's 5-tuple was taken
};

/// RFC 9293 connection as a gateway can follow it.
struct TcpProgress {
  bool seen_out = false;
  bool seen_in = false;
  bool established = false;
  bool fin_out = false;
  bool fin_in = false;
  bool reset = false;

  bool closing() const { return reset || (fin_out && fin_in); }
};

/// A mapping together with one remote endpoint: what filters look at (RFC 4787 section 5) and what keeps a mapping
/// alive.
struct SessionEntry : Slot {
  Link by_remote;   ///< (mapping, remote address and port)
  Link by_address;  ///< (mapping, remote address)
  std::uint32_t mapping = kNone;
  std::uint32_t next_of_mapping = kNone;
  TransportAddress remote;
  Timing timing;
  TcpProgress tcp;
};

/// An unsolicited packet's 5-tuple that connection tracking kept (Profile::unsolicited_creates_state).
struct UnsolicitedEntry : Slot {
  Link by_tuple;
  TransportAddress external;
  TransportAddress remote;
  Time expires;
  std::uint8_t protocol = 0;
};

/// How many mappings an internal address holds.
struct HostEntry : Slot {
  Link by_address;
  IpAddress address;
  std::uint32_t mappings = 0;
};

/// A block of ports of one external address leased to an internal address while it has mappings in it.
struct BlockEntry : Slot {
  Link by_host;
  Link by_block;
  IpAddress host;
  IpAddress external;
  std::uint32_t block = 0;
  std::uint32_t mappings = 0;
};

/// Mixes parts into the hash of a key.
inline std::uint64_t combine(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = (a ^ (b * 0x9E3779B97F4A7C15ULL)) + 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 32)) * 0xBF58476D1CE4E5B9ULL;
  return z ^ (z >> 29);
}

inline std::uint64_t hash_of(const IpAddress& address) { return punchlab::hash_of(TransportAddress{address, 0}); }
using punchlab::hash_of;

}  // namespace punchlab::nat
