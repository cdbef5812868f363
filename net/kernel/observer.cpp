#include "net/kernel/observer.hpp"

#include <algorithm>

#include "sim/nat/mapping_table.hpp"

namespace punchlab::kernel {

using nat::Reason;

void Observer::reset(const nat::Profile& profile, const nat::Addressing& addressing) {
  translates_ = profile.translates;
  preserves_ = profile.port_allocation == nat::PortAllocation::preserve;
  tracks_unsolicited_ = profile.unsolicited_creates_state;
  mapping_ = profile.mapping;
  addressing_ = addressing;
  flows_.clear();
  usual_.clear();
  mappings_.clear();
  known_.clear();
  unsolicited_.clear();
}

Reason Observer::forwarded(nat::From from, const packet::View& before, const packet::View& after) {
  if (!translates_) {
    if (from == nat::From::inside) known_.insert({after.source, after.destination});
    return Reason::passed_through;
  }
  if (from == nat::From::outside) return Reason::translated;
  const auto [flow, is_new] = flows_.insert({{before.source, before.destination}, after.source});
  if (!is_new && flow->second == after.source) return Reason::translated;
  flow->second = after.source;
  known_.insert({after.source, after.destination});
  const bool clash = clashed(before.source, before.destination, after.source);
  usual_.insert({usual_key(before.source, before.destination), after.source});
  const bool created = mappings_.insert({before.source, after.source}).second;
  return clash ? Reason::mapping_clashed : created ? Reason::mapping_created : Reason::translated;
}

Observer::Pair Observer::usual_key(const TransportAddress& inside, const TransportAddress& remote) const {
  return {inside, nat::remote_part(mapping_, remote)};
}

/// Whether a packet that left from `outside`, or not at all, did not leave from where it should have, because the remote
/// had sent a packet there before.
bool Observer::clashed(const TransportAddress& inside, const TransportAddress& remote,
                       const TransportAddress& outside) const {
  if (!tracks_unsolicited_) return false;
  const auto usual = usual_.find(usual_key(inside, remote));
  if (usual == usual_.end() && !preserves_) return false;
  const auto wanted =
      usual != usual_.end() ? usual->second : TransportAddress{addressing_.external.front(), inside.port};
  return outside != wanted && unsolicited_.contains({wanted, remote});
}

Reason Observer::dropped(nat::From from, const packet::View& packet) {
  if (from == nat::From::inside) {
    if (is_own(packet.destination.address)) return Reason::no_hairpin;
    return clashed(packet.source, packet.destination, {}) ? Reason::mapping_clashed : Reason::ports_exhausted;
  }
  if (packet.protocol != packet::kUdp && packet.protocol != packet::kTcp) return Reason::icmp_unmatched;
  if (known_.contains({packet.destination, packet.source})) return Reason::no_mapping;  // it has expired
  unsolicited_.insert({packet.destination, packet.source});
  auto flow = known_.lower_bound({packet.destination, {}});
  if (flow == known_.end() || flow->first != packet.destination) return Reason::no_mapping;
  for (; flow != known_.end() && flow->first == packet.destination; ++flow)
    if (flow->second.address == packet.source.address) return Reason::filtered_by_port;
  return Reason::filtered_by_address;
}

bool Observer::is_own(const IpAddress& address) const {
  return address == addressing_.internal ||
         std::find(addressing_.external.begin(), addressing_.external.end(), address) != addressing_.external.end();
}

}  // namespace punchlab::kernel
