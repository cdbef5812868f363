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
    flow = make_mapping(now, {protocol, internal, remote, false, {}}, false);
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

/// The mapping of a new flow whose internal endpoint has one: that, or an exception for this remote endpoint.
Gateway::Flow Gateway::beside(Time now, MappingEntry& usual, const TransportAddress& remote) {
  const auto is_free = [&](const TransportAddress& external) {
    return allocator_.free_towards(now, usual.protocol, external, remote, &usual);
  };
  const bool clash = unsolicited_.occupied(now, usual.protocol, usual.external, remote);
  Flow flow{&usual, nullptr, Reason::translated};
  // Connection tracking looks for any flow of the internal endpoint and finds the newest first.
  if (profile_.unsolicited_creates_state && usual.latest != usual.external && is_free(usual.latest)) {
    flow = make_mapping(now, {usual.protocol, usual.internal, remote, true, usual.latest}, true);
    if (flow.mapping != nullptr) flow.reason = Reason::translated;
  } else if (!is_free(usual.external)) {
    flow = make_mapping(now, {usual.protocol, usual.internal, remote, true, {}}, true);
  }
  if (clash && (flow.mapping != nullptr || flow.reason == Reason::ports_exhausted))
    flow.reason = Reason::mapping_clashed;
  return flow;
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
    const auto chosen = wanted.at ? std::optional(PortAllocator::Choice{*wanted.at, kNone}) : allocator_.choose(now, wanted);
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
