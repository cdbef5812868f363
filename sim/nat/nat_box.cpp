#include "sim/nat/nat_box.hpp"

#include <algorithm>

#include "sim/nat/gateway.hpp"

namespace punchlab::nat {

struct NatBox::Table : Gateway {
  using Gateway::Gateway;
};

NatBox::NatBox(const Profile& profile, const Addressing& addressing, const RngKey& key)
    : table_(std::make_unique<Table>(profile, addressing, key)) {}
NatBox::~NatBox() = default;
NatBox::NatBox(NatBox&&) noexcept = default;
NatBox& NatBox::operator=(NatBox&&) noexcept = default;

void NatBox::reset(const Profile& profile, const Addressing& addressing, const RngKey& key) {
  table_->reset(profile, addressing, key);
}

Verdict NatBox::process(Time now, From from, MutableBytes packet, MutableBytes reply) {
  return table_->process(now, from, packet, reply);
}

std::vector<NatBox::Mapping> NatBox::mappings(Time now) const {
  const Pool<MappingEntry>& entries = table_->table().mappings();
  std::vector<std::uint32_t> live;
  for (std::uint32_t i = 0; i < entries.used(); ++i) {
    if (entries[i].live && entries[i].timing.alive(now)) live.push_back(i);
  }
  std::sort(live.begin(), live.end(), [&](auto a, auto b) { return entries[a].serial < entries[b].serial; });
  std::vector<Mapping> result;
  for (const std::uint32_t i : live) {
    const MappingEntry& m = entries[i];
    result.push_back({m.protocol, m.internal, m.external, m.remote, m.timing.expires, {}});
    table_->table().for_each_session(m, [&](const SessionEntry& s) {
      if (s.timing.alive(now)) result.back().contacts.push_back({s.remote, s.timing.expires});
    });
    auto& contacts = result.back().contacts;
    std::sort(contacts.begin(), contacts.end(), [](const auto& a, const auto& b) { return a.remote < b.remote; });
  }
  return result;
}

std::vector<NatBox::Occupied> NatBox::occupied(Time now) const {
  std::vector<Occupied> result;
  const auto& states = table_->unsolicited().states();
  for (std::uint32_t i = 0; i < states.used(); ++i)
    if (states[i].live && states[i].expires > now)
      result.push_back({states[i].external, states[i].remote, states[i].expires});
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
    return std::pair(a.external, a.remote) < std::pair(b.external, b.remote);
  });
  return result;
}

const Profile& NatBox::profile() const { return table_->profile(); }

const char* name_of(Reason reason) {
  switch (reason) {
    case Reason::translated:
      return "translated";
    case Reason::mapping_created:
      return "mapping-created";
    case Reason::mapping_clashed:
      return "mapping-clashed";
    case Reason::passed_through:
      return "passed-through";
    case Reason::no_mapping:
      return "no-mapping";
    case Reason::filtered_by_address:
      return "filtered-by-address";
    case Reason::filtered_by_port:
      return "filtered-by-port";
    case Reason::no_hairpin:
      return "no-hairpin";
    case Reason::udp_blocked:
      return "udp-blocked";
    case Reason::tcp_blocked:
      return "tcp-blocked";
    case Reason::ports_exhausted:
      return "ports-exhausted";
    case Reason::too_many_mappings:
      return "too-many-mappings";
    case Reason::too_many_mappings_of_host:
      return "too-many-mappings-of-host";
    case Reason::malformed:
      return "malformed";
    case Reason::unsupported:
      return "unsupported";
    case Reason::icmp_unmatched:
      return "icmp-unmatched";
    case Reason::ttl_expired:
      return "ttl-expired";
  }
  return "unknown";
}

}  // namespace punchlab::nat
