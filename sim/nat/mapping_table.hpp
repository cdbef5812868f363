#pragma once
// Mappings and sessions, found from inside and from outside. Expired entries count as absent and are freed when they
// are in the way. Nothing here decides policy: the allocator chooses ports, the filter admits, timing.hpp sets
// lifetimes.
#include <cstdint>

#include "sim/nat/entries.hpp"
#include "sim/nat/host_counts.hpp"
#include "sim/nat/port_blocks.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::nat {

/// The parts of `remote` that something with dependence `d` depends on; the rest unspecified.
TransportAddress remote_part(Dependence d, const TransportAddress& remote);

class MappingTable {
 public:
  /// Empty, with room for the profile's limits. The only function that may allocate.
  void prepare(const Profile& profile);

  /// The live mapping of `internal` towards `remote`; an exception for that very remote goes before the usual one.
  MappingEntry* find_inside(Time now, std::uint8_t protocol, const TransportAddress& internal,
                            const TransportAddress& remote);
  /// Calls `f(MappingEntry&)` for the live mappings on an external endpoint until it returns true; says whether it did.
  /// More than one only with overloading.
  template <class F>
  bool any_outside(Time now, std::uint8_t protocol, const TransportAddress& external, F&& f) const {
    return outside_.find(mappings_, outside_hash(protocol, external), [&](const MappingEntry& m) {
      return m.protocol == protocol && m.external == external && m.timing.alive(now) && f(const_cast<MappingEntry&>(m));
    }) != kNone;
  }

  /// The newest live exception of `internal`, of those at `external` unless that is unspecified. Looks at every mapping
  /// when there are exceptions at all, which few gateways ever make.
  const MappingEntry* exception_of(Time now, std::uint8_t protocol, const TransportAddress& internal,
                                   const TransportAddress& external) const;

  enum class Shortage : std::uint8_t { none, mappings, mappings_of_host };
  /// Whether one more mapping of `internal` is within the limits; frees what has expired first when it is not.
  Shortage shortage(Time now, const IpAddress& internal);
  /// A new mapping that no session keeps alive yet. `shortage` said none. An exception depends on all of
  /// `remote`, a usual mapping on what the profile says.
  MappingEntry& create(Time now, std::uint8_t protocol, const TransportAddress& internal,
                       const TransportAddress& external, const TransportAddress& remote, bool exception);
  void remove(MappingEntry& mapping);

  /// The live session of `mapping` with exactly `remote`.
  SessionEntry* find_session(Time now, const MappingEntry& mapping, const TransportAddress& remote);
  /// A live session of `mapping` with any port of `address`.
  SessionEntry* find_session_of_address(Time now, const MappingEntry& mapping, const IpAddress& address);
  /// A new session, or the expired one with the same remote made new; null when the table is full.
  SessionEntry* add_session(Time now, MappingEntry& mapping, const TransportAddress& remote);
  /// After a session's life became shorter: the mapping's becomes that of its last session.
  void shorten(MappingEntry& mapping);
  /// Frees everything that has expired, unless it is sure that nothing has.
  void sweep(Time now);
  /// To be told of every expiry that was set, so that sweeps know when there can be something to do.
  void note_expiry(Time expires) { earliest_expiry_ = std::min(earliest_expiry_, expires); }

  /// Leases of port blocks; `hold_block` makes a mapping keep one.
  PortBlocks& blocks() { return blocks_; }
  void hold_block(MappingEntry& mapping, std::uint32_t block) {
    mapping.block = block;
    blocks_.hold(block);
  }

  const Pool<MappingEntry>& mappings() const { return mappings_; }
  /// Calls `f(const SessionEntry&)` for the sessions of `mapping`, expired ones too.
  template <class F>
  void for_each_session(const MappingEntry& mapping, F&& f) const {
    for (std::uint32_t s = mapping.first_session; s != kNone; s = sessions_[s].next_of_mapping) f(sessions_[s]);
  }

 private:
  static std::uint64_t outside_hash(std::uint8_t protocol, const TransportAddress& external) {
    return combine(hash_of(external), protocol);
  }
  void drop_expired_sessions(Time now, MappingEntry& mapping);
  void free_session(std::uint32_t session);

  Dependence dependence_ = Dependence::endpoint_independent;
  std::uint32_t most_per_host_ = 0;
  bool counts_hosts_ = false;
  std::uint32_t exceptions_ = 0;
  std::uint64_t serial_ = 0;
  Time earliest_expiry_ = kNever;
  Pool<MappingEntry> mappings_;
  Index<MappingEntry, &MappingEntry::by_inside> inside_;
  Index<MappingEntry, &MappingEntry::by_outside> outside_;
  Pool<SessionEntry> sessions_;
  Index<SessionEntry, &SessionEntry::by_remote> by_remote_;
  Index<SessionEntry, &SessionEntry::by_address> by_address_;
  HostCounts hosts_;
  PortBlocks blocks_;
};

}  // namespace punchlab::nat
