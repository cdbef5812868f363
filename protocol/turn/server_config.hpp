#pragma once
// What a TURN server is told at construction: its relayed addresses, its limits, and which peers it refuses.
#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/base/address.hpp"
#include "protocol/turn/constants.hpp"

namespace punchlab::turn {

/// All addresses of one family that share their first `length` bits.
struct Prefix {
  IpAddress address;
  std::uint8_t length = 0;  ///< 0-32 or 0-128

  bool contains(const IpAddress& other) const;
};

/// Peers no relay should reach: this host, link-local, multicast, broadcast, unspecified. Private networks are not in
/// it, because a relay inside one may serve them.
const std::vector<Prefix>& default_denied_prefixes();

struct ServerConfig {
  std::optional<IpAddress> relayed_v4;  ///< relayed transport addresses have this address; nothing: the family is refused (440)
  std::optional<IpAddress> relayed_v6;
  std::uint16_t first_port = 49152;  ///< of the relayed ports, inclusive (RFC 8656 section 7.2)
  std::uint16_t last_port = 65535;
  std::uint32_t max_allocations = 1024;         ///< 508 beyond
  std::uint32_t max_allocations_per_user = 16;  ///< 486 beyond
  std::uint16_t max_permissions = 32;           ///< per allocation; 508 beyond
  std::uint16_t max_channels = 32;              ///< per allocation; 508 beyond
  std::uint16_t max_reservations = 32;          ///< EVEN-PORT with the next port reserved; 508 beyond
  Duration max_lifetime = kMaxLifetime;         ///< longer requests are cut to it
  std::vector<Prefix> denied = default_denied_prefixes();  ///< peers refused with 403
};

}  // namespace punchlab::turn
