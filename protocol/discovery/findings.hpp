#pragma once
// What behaviour discovery found out about the NAT in front of a host, in the words of RFC 4787.
#include <cstdint>
#include <optional>
#include <string>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"

namespace punchlab::discovery {

/// Of a mapping or a filter: what it depends on (RFC 4787 sections 4.1 and 5).
enum class Behaviour : std::uint8_t { endpoint_independent, address_dependent, address_and_port_dependent };
enum class Allocation : std::uint8_t { preserve, sequential, random, block };
enum class Pooling : std::uint8_t { paired, arbitrary };
enum class Hairpinning : std::uint8_t { none, internal_source, external_source };
enum class Refresh : std::uint8_t { outbound, inbound, both, neither };

/// Nothing in a field: it was not looked for, or cannot be told from inside (docs/nat-model.md says when).
struct Findings {
  bool reachable = false;   ///< the server answered over UDP
  bool translates = false;  ///< the server saw another address than the host's own
  bool other_address = false;  ///< the server has a second address (OTHER-ADDRESS), without which two axes stay unknown
  TransportAddress local;   ///< of the first socket
  TransportAddress mapped;  ///< as the server saw it
  std::optional<Behaviour> mapping;
  std::optional<Behaviour> filtering;
  std::optional<Allocation> allocation;
  std::optional<bool> parity;               ///< ports keep their parity; nothing when they are preserved anyway
  std::optional<std::uint32_t> first_port;  ///< lowest and highest external port seen
  std::optional<std::uint32_t> last_port;
  std::optional<Pooling> pooling;
  std::uint32_t addresses = 0;  ///< external addresses seen
  std::optional<Hairpinning> hairpinning;
  std::optional<Duration> unreplied;  ///< whole seconds, rounded up; nothing when longer than was waited for
  std::optional<Duration> replied;
  std::optional<Refresh> refresh;

  /// `key: value` lines, with the keys and values of a scenario's NAT; what was not found is left out.
  std::string to_text() const;
};

const char* name_of(Behaviour b);
const char* name_of(Allocation a);
const char* name_of(Pooling p);
const char* name_of(Hairpinning h);
const char* name_of(Refresh r);

}  // namespace punchlab::discovery
