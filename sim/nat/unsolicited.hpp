#pragma once
// What connection tracking remembers of unsolicited packets: an inbound packet to the gateway's own address that nobody
// asked for occupies its 5-tuple, so that a later outbound flow cannot have the same one (Linux without an INPUT drop
// rule).
#include "sim/nat/entries.hpp"

namespace punchlab::nat {

class UnsolicitedStates {
 public:
  /// Room for `capacity` states; 0 when the profile keeps none.
  void prepare(std::uint32_t capacity);
  /// Keeps (or renews) the 5-tuple until `expires`; forgotten silently when the table is full of live states.
  void remember(Time now, std::uint8_t protocol, const TransportAddress& external, const TransportAddress& remote,
                Time expires);
  bool occupied(Time now, std::uint8_t protocol, const TransportAddress& external,
                const TransportAddress& remote) const;
  const Pool<UnsolicitedEntry>& states() const { return states_; }

 private:
  std::uint32_t find(std::uint8_t protocol, const TransportAddress& external, const TransportAddress& remote) const;
  void sweep(Time now);
  Pool<UnsolicitedEntry> states_;
  Index<UnsolicitedEntry, &UnsolicitedEntry::by_tuple> by_tuple_;
  Time earliest_expiry_ = kNever;
};

}  // namespace punchlab::nat
