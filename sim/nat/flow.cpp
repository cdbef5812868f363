// Outbound flows: which mapping a packet from inside uses, and when there has to be a new one.
#include "sim/nat/gateway.hpp"

namespace punchlab::nat {

Gateway::Flow Gateway::leave(Time now, std::uint8_t protocol, const TransportAddress& internal,
                             const TransportAddress& remote) {
  Flow flow;
  flow.mapping = table_.find_inside(now, protocol, internal, remote);
  if (flow.mapping != nullptr) flow.session = table_.find_session(now, *flow.mapping, remote);
  if (flow.session != nullptr) return flow;
  const bool translated = profile_.translates && internal.address.is_v4();
  MappingEntry* const usual = flow.mapping;
  if (usual == nullptr) {
    flow =
        make_mapping(now, {protocol, internal, remote, false, beside_newest(now, protocol, internal, remote)}, false);
  } else if (translated) {
    flow = beside(now, *usual, remote);
  }
  if (flow.mapping == nullptr) return flow;
  flow.session = table_.add_session(now, *flow.mapping, remote);
  if (usual != nullptr) usual->latest = flow.mapping->external;
  if (flow.session != nullptr) return flow;
  if (flow.mapping != usual) table_.remove(*flow.mapping);
  return {nullptr, nullptr, Reason::too_many_mappings};
}

/// Connection tracking looks for any flow of the internal endpoint and finds the newest first.
bool Gateway::follows_newest() const {
  return profile_.on_collision == OnCollision::conntrack || profile_.unsolicited_creates_state;
}

/// The external endpoint of what is left of an internal one's flows when its usual mapping is gone, if it is free for
/// this one.
std::optional<TransportAddress> Gateway::beside_newest(Time now, std::uint8_t protocol,
                                                       const TransportAddress& internal,
                                                       const TransportAddress& remote) {
  const bool looks = profile_.translates && profile_.mapping == Dependence::endpoint_independent &&
                     profile_.on_collision == OnCollision::conntrack;
  const MappingEntry* left = looks ? table_.exception_of(now, protocol, internal, {}) : nullptr;
  if (left == nullptr || !allocator_.free_towards(now, protocol, left->external, remote, nullptr)) return std::nullopt;
  return left->external;
}

/// The mapping of a new flow whose internal endpoint has one: that, or an exception for this remote endpoint.
Gateway::Flow Gateway::beside(Time now, MappingEntry& usual, const TransportAddress& remote) {
  const auto is_free = [&](const TransportAddress& external) {
    return allocator_.free_towards(now, usual.protocol, external, remote, &usual);
  };
  const bool clash = unsolicited_.occupied(now, usual.protocol, usual.external, remote);
  Flow flow{&usual, nullptr, Reason::translated};
  if (const auto newest = newest_of(now, usual); newest != usual.external && is_free(newest)) {
    flow = make_mapping(now, {usual.protocol, usual.internal, remote, true, newest}, true);
    if (flow.mapping != nullptr) flow.reason = Reason::translated;
  } else if (!is_free(usual.external) || (newest != usual.external && !keeps_port(usual))) {
    // Connection tracking tries the internal port again; others had it and know that it is taken.
    const bool elsewhere = profile_.on_collision != OnCollision::conntrack;
    flow = make_mapping(now, {usual.protocol, usual.internal, remote, elsewhere, {}}, true);
  }
  if (clash && (flow.mapping != nullptr || flow.reason == Reason::ports_exhausted))
    flow.reason = Reason::mapping_clashed;
  return flow;
}

/// The external endpoint of the newest flow of an internal one, where that matters; else the usual one.
TransportAddress Gateway::newest_of(Time now, const MappingEntry& usual) const {
  const bool there = follows_newest() && usual.latest != usual.external &&
                     table_.exception_of(now, usual.protocol, usual.internal, usual.latest) != nullptr;
  return there ? usual.latest : usual.external;
}

/// Or cannot, because the allocation does not try to.
bool Gateway::keeps_port(const MappingEntry& mapping) const {
  return profile_.port_allocation != PortAllocation::preserve || mapping.external.port == mapping.internal.port;
}

Gateway::Flow Gateway::make_mapping(Time now, const Wanted& wanted, bool exception) {
  switch (table_.shortage(now, wanted.internal.address)) {
    case MappingTable::Shortage::mappings:
      return {nullptr, nullptr, Reason::too_many_mappings};
    case MappingTable::Shortage::mappings_of_host:
      return {nullptr, nullptr, Reason::too_many_mappings_of_host};
    case MappingTable::Shortage::none:
      break;
  }
  PortAllocator::Choice choice{wanted.internal, kNone};
  if (profile_.translates && wanted.internal.address.is_v4()) {
    const auto chosen =
        wanted.at ? std::optional(PortAllocator::Choice{*wanted.at, kNone}) : allocator_.choose(now, wanted);
    if (!chosen) return {nullptr, nullptr, Reason::ports_exhausted};
    choice = *chosen;
  }
  MappingEntry& mapping =
      table_.create(now, wanted.protocol, wanted.internal, choice.external, wanted.remote, exception);
  if (choice.block != kNone) table_.hold_block(mapping, choice.block);
  return {&mapping, nullptr, clashed(now, mapping, wanted) ? Reason::mapping_clashed : Reason::mapping_created};
}

/// Whether the first mapping of an internal endpoint would have kept its port, had no unsolicited packet come first.
bool Gateway::clashed(Time now, const MappingEntry& mapping, const Wanted& wanted) const {
  const TransportAddress kept{mapping.external.address, wanted.internal.port};
  return profile_.port_allocation == PortAllocation::preserve && mapping.external != kept &&
         unsolicited_.occupied(now, wanted.protocol, kept, wanted.remote);
}

}  // namespace punchlab::nat
