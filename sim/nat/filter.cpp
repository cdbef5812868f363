#include "sim/nat/filter.hpp"

namespace punchlab::nat {
namespace {

Admission judge(const Profile& profile, MappingTable& table, Time now, MappingEntry& mapping,
                const TransportAddress& remote) {
  if (SessionEntry* exact = table.find_session(now, mapping, remote)) return {&mapping, exact, Reason::translated};
  if (profile.filtering == Dependence::endpoint_independent) return {&mapping, nullptr, Reason::translated};
  SessionEntry* same_address = table.find_session_of_address(now, mapping, remote.address);
  if (same_address == nullptr) return {nullptr, nullptr, Reason::filtered_by_address};
  if (profile.filtering == Dependence::address_dependent) return {&mapping, same_address, Reason::translated};
  return {nullptr, nullptr, Reason::filtered_by_port};
}

/// With overloading, or beside the mapping that a clash made, several mappings share an external endpoint: one that
/// already talks with `remote` goes before one that merely admits it, and an older one before a newer.
bool better(const Admission& a, const Admission& b, const TransportAddress& remote) {
  if ((a.mapping != nullptr) != (b.mapping != nullptr)) return a.mapping != nullptr;
  if (a.mapping == nullptr) return a.reason == Reason::filtered_by_port;
  const auto exact = [&](const Admission& x) { return x.session != nullptr && x.session->remote == remote; };
  if (exact(a) != exact(b)) return exact(a);
  return a.mapping->serial < b.mapping->serial;
}

}  // namespace

Admission admit(const Profile& profile, MappingTable& table, Time now, std::uint8_t protocol,
                const TransportAddress& external, const TransportAddress& remote) {
  const bool shared = shares_ports(profile.on_collision) || profile.unsolicited_creates_state;
  if (!shared) {
    MappingEntry* only = nullptr;
    table.any_outside(now, protocol, external, [&](MappingEntry& mapping) { return only = &mapping, true; });
    return only == nullptr ? Admission{} : judge(profile, table, now, *only, remote);
  }
  Admission best;
  table.any_outside(now, protocol, external, [&](MappingEntry& mapping) {
    const Admission one = judge(profile, table, now, mapping, remote);
    if (best.reason == Reason::no_mapping || better(one, best, remote)) best = one;
    return false;
  });
  return best;
}

}  // namespace punchlab::nat
