#pragma once
// A gateway as a router, the same in every world: NatBox, and the TTL around it.
#include <algorithm>
#include <array>

#include "sim/packet/icmp.hpp"
#include "sim/trial/routers.hpp"

namespace punchlab::trial {

/// Whether the packet is for a translating gateway itself, as far as it can tell before it looks for a mapping.
inline bool is_for_gateway(const nat::Profile& profile, const nat::Addressing& addressing, nat::From from, Bytes packet) {
  return from == nat::From::outside && profile.translates && family_of(packet) == Family::ipv4 &&
         std::find(addressing.external.begin(), addressing.external.end(), destination_of(packet)) !=
             addressing.external.end();
}

/// What becomes of a whole, well-formed IP packet that comes in on `from`: rewritten in place with one hop less on its TTL
/// when it passes, otherwise unchanged. TTL matters when a packet is forwarded (RFC 1812 section 5.3.1): one for the
/// gateway's own address is looked up first, and may leave state, however far it came. The last hop's verdict has the
/// reason `ttl_expired` and its ICMP error in `reply`.
inline nat::Verdict route_through(nat::NatBox& box, const nat::Addressing& addressing, Time now, nat::From from,
                                  MutableBytes packet, MutableBytes reply) {
  const bool last_hop = ttl_of(packet) <= 1;
  const auto expired = [&] {
    const auto router = gateway_address(addressing, from, family_of(packet));
    return nat::Verdict{nat::Action::drop, nat::Reason::ttl_expired,
                        packet::write_icmp_error(reply, packet::IcmpError::ttl_expired, router, packet)};
  };
  if (last_hop && !is_for_gateway(box.profile(), addressing, from, packet)) return expired();
  std::array<std::uint8_t, 2048> original;
  if (last_hop) std::copy_n(packet.begin(), std::min(packet.size(), original.size()), original.begin());
  const auto verdict = box.process(now, from, packet, reply);
  if (verdict.action != nat::Action::forward && verdict.action != nat::Action::hairpin) return verdict;
  if (!last_hop) {
    packet::decrement_ttl(packet);
    return verdict;
  }
  std::copy_n(original.begin(), std::min(packet.size(), original.size()), packet.begin());
  return expired();
}

}  // namespace punchlab::trial
