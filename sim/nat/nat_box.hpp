#pragma once
// A NAT or firewall as a pure table over whole IP packets: the same function stands in an ns-3 router, in the memory
// world and behind a TUN device. Time and randomness are arguments.
#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/base/address.hpp"
#include "protocol/base/rng.hpp"
#include "protocol/base/time.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::nat {

/// Which interface of the gateway a packet came in on.
enum class From : std::uint8_t { inside, outside };

/// What the gateway does with a packet; `packet` has been rewritten in place (same size) unless dropped.
enum class Action : std::uint8_t {
  forward,  ///< on to the other side
  hairpin,  ///< back to the inside it came from
  local,    ///< addressed to the gateway itself: the host's stack may have it
  drop,
};

/// Why; each has a stable name (`name_of`) used in results.
enum class Reason : std::uint8_t {
  translated,  ///< by an existing mapping or state
  mapping_created,
  mapping_clashed,  ///< created elsewhere, or not: what connection tracking keeps of an unsolicited packet holds the
                    ///< 5-tuple
  passed_through,   ///< firewall without translation
  no_mapping,       ///< inbound to a port nobody mapped
  filtered_by_address,  ///< inbound, source address never sent to
  filtered_by_port,     ///< inbound, source address known but not its port
  no_hairpin,
  udp_blocked,
  tcp_blocked,  ///< TCP to this port may not pass
  ports_exhausted,
  too_many_mappings,
  too_many_mappings_of_host,
  malformed,
  unsupported,  ///< protocol or fragment that the gateway does not translate
  icmp_unmatched,
  ttl_expired,  ///< set by routers, never by NatBox
};
const char* name_of(Reason reason);

struct Verdict {
  Action action = Action::drop;
  Reason reason = Reason::malformed;
  std::size_t reply_size = 0;  ///< an ICMP error or RST to send back to where the packet came from lies in `reply`
  /// The external endpoint that a UDP or TCP packet from inside has, also when a filter then kept it from turning back.
  TransportAddress outside{};
};

struct Addressing {
  std::vector<IpAddress> external;  ///< `profile.addresses` of them for a translator; one per family at least
  IpAddress internal;               ///< the gateway's own address on the inside
};

/// One gateway. Sized at construction from the profile's limits; `process` never allocates.
class NatBox {
 public:
  NatBox(const Profile& profile, const Addressing& addressing, const RngKey& key);
  ~NatBox();
  NatBox(NatBox&&) noexcept;
  NatBox& operator=(NatBox&&) noexcept;

  /// As new: no mappings, with another profile, addressing and key, reusing the memory.
  void reset(const Profile& profile, const Addressing& addressing, const RngKey& key);

  /// Judges one whole IP packet (IPv4 or IPv6, UDP, TCP or ICMP) and rewrites it in place, checksums included (RFC
  /// 1624). TTL is the router's business. `reply` takes an ICMP error or RST, at least 576 bytes.
  Verdict process(Time now, From from, MutableBytes packet, MutableBytes reply);

  /// A remote endpoint that a mapping has been used with: what filters look at.
  struct Contact {
    TransportAddress remote;
    Time expires;
    friend bool operator==(const Contact&, const Contact&) = default;
  };
  /// Live mappings at `now`, for explanation and tests, ordered by creation.
  struct Mapping {
    std::uint8_t protocol = 17;
    TransportAddress internal;
    TransportAddress external;
    TransportAddress remote;  ///< what the mapping depends on (unspecified parts: any)
    Time expires;
    std::vector<Contact> contacts;  ///< live ones, ordered by remote
    friend bool operator==(const Mapping&, const Mapping&) = default;
  };
  std::vector<Mapping> mappings(Time now) const;
  /// A 5-tuple that an unsolicited packet holds (Profile::unsolicited_creates_state).
  struct Occupied {
    TransportAddress external;
    TransportAddress remote;
    Time expires;
    friend bool operator==(const Occupied&, const Occupied&) = default;
  };
  /// Live ones at `now`, ordered by their addresses.
  std::vector<Occupied> occupied(Time now) const;
  const Profile& profile() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace punchlab::nat
