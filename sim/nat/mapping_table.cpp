#include "sim/nat/mapping_table.hpp"

#include <algorithm>

namespace punchlab::nat {
namespace {

/// Sessions that a gateway can hold per mapping, on average: connection tracking counts sessions where RFC 4787 counts
/// mappings, and a peer that tries many ports makes many sessions on one mapping.
constexpr std::uint32_t kSessionsPerMapping = 4;
constexpr std::uint32_t kFewestSessions = 256;
constexpr std::uint32_t kMostSlots = 1U << 28;

std::uint64_t inside_hash(std::uint8_t protocol, const TransportAddress& internal, const TransportAddress& remote) {
  return combine(combine(hash_of(internal), hash_of(remote)), protocol);
}

std::uint64_t remote_hash(std::uint32_t mapping, const TransportAddress& remote) {
  return combine(hash_of(remote), mapping);
}

}  // namespace

TransportAddress remote_part(Dependence d, const TransportAddress& remote) {
  switch (d) {
    case Dependence::endpoint_independent:
      return {};
    case Dependence::address_dependent:
      return {remote.address, 0};
    case Dependence::address_and_port_dependent:
      return remote;
  }
  return remote;
}

void MappingTable::prepare(const Profile& profile) {
  const std::uint32_t most = std::clamp(profile.max_mappings, 1U, kMostSlots);
  const std::uint32_t sessions =
      std::clamp(most, kFewestSessions, kMostSlots / kSessionsPerMapping) * kSessionsPerMapping;
  const bool blocks = profile.port_allocation == PortAllocation::block;
  dependence_ = profile.translates ? profile.mapping : Dependence::endpoint_independent;
  most_per_host_ = profile.max_mappings_per_host;
  counts_hosts_ = most_per_host_ < most;
  exceptions_ = 0;
  serial_ = 0;
  earliest_expiry_ = kNever;
  mappings_.prepare(most);
  inside_.prepare(most);
  outside_.prepare(most);
  sessions_.prepare(sessions);
  by_remote_.prepare(sessions);
  by_address_.prepare(sessions);
  hosts_.prepare(counts_hosts_ ? most : 0);
  blocks_.prepare(blocks ? most : 0);
}

MappingEntry* MappingTable::find_inside(Time now, std::uint8_t protocol, const TransportAddress& internal,
                                        const TransportAddress& remote) {
  const auto find = [&](const TransportAddress& part, bool exception) -> MappingEntry* {
    const std::uint32_t i = inside_.find(mappings_, inside_hash(protocol, internal, part), [&](const MappingEntry& m) {
      return m.internal == internal && m.remote == part && m.protocol == protocol && m.exception == exception;
    });
    if (i == kNone) return nullptr;
    if (mappings_[i].timing.alive(now)) return &mappings_[i];
    remove(mappings_[i]);
    return nullptr;
  };
  if (exceptions_ > 0) {
    if (MappingEntry* exception = find(remote, true)) return exception;
  }
  return find(remote_part(dependence_, remote), false);
}

const MappingEntry* MappingTable::exception_of(Time now, std::uint8_t protocol, const TransportAddress& internal,
                                               const TransportAddress& external) const {
  const MappingEntry* newest = nullptr;
  for (std::uint32_t i = 0; exceptions_ > 0 && i < mappings_.used(); ++i) {
    const MappingEntry& m = mappings_[i];
    if (!m.live || !m.exception || m.protocol != protocol || m.internal != internal || !m.timing.alive(now)) continue;
    if (external.port != 0 && m.external != external) continue;
    if (newest == nullptr || m.serial > newest->serial) newest = &m;
  }
  return newest;
}

MappingTable::Shortage MappingTable::shortage(Time now, const IpAddress& internal) {
  if (mappings_.live() == mappings_.capacity()) sweep(now);
  if (mappings_.live() == mappings_.capacity()) return Shortage::mappings;
  if (!counts_hosts_) return Shortage::none;
  const auto full = [&] { return hosts_.count(internal) >= most_per_host_; };
  if (full()) sweep(now);
  return full() ? Shortage::mappings_of_host : Shortage::none;
}

MappingEntry& MappingTable::create(Time now, std::uint8_t protocol, const TransportAddress& internal,
                                   const TransportAddress& external, const TransportAddress& whole_remote,
                                   bool exception) {
  const TransportAddress remote = exception ? whole_remote : remote_part(dependence_, whole_remote);
  const std::uint32_t i = mappings_.take();
  MappingEntry& m = mappings_[i];
  m.protocol = protocol;
  m.internal = internal;
  m.external = external;
  m.remote = remote;
  m.latest = external;
  m.exception = exception;
  m.timing = {now, now, false};
  m.serial = serial_++;
  if (exception) ++exceptions_;
  inside_.insert(mappings_, i, inside_hash(protocol, internal, remote));
  outside_.insert(mappings_, i, outside_hash(protocol, external));
  if (counts_hosts_) m.host = hosts_.add(internal.address);
  return m;
}

void MappingTable::remove(MappingEntry& mapping) {
  const std::uint32_t i = mappings_.number_of(mapping);
  for (std::uint32_t s = mapping.first_session; s != kNone;) {
    const std::uint32_t next = sessions_[s].next_of_mapping;
    free_session(s);
    s = next;
  }
  if (mapping.exception) --exceptions_;
  if (mapping.host != kNone) hosts_.release(mapping.host);
  if (mapping.block != kNone) blocks_.release(mapping.block);
  inside_.erase(mappings_, i);
  outside_.erase(mappings_, i);
  mappings_.give_back(i);
}

SessionEntry* MappingTable::find_session(Time now, const MappingEntry& mapping, const TransportAddress& remote) {
  const std::uint32_t m = mappings_.number_of(mapping);
  const std::uint32_t i = by_remote_.find(sessions_, remote_hash(m, remote), [&](const SessionEntry& s) {
    return s.mapping == m && s.remote == remote && s.timing.alive(now);
  });
  return i == kNone ? nullptr : &sessions_[i];
}

SessionEntry* MappingTable::find_session_of_address(Time now, const MappingEntry& mapping, const IpAddress& address) {
  const std::uint32_t m = mappings_.number_of(mapping);
  const std::uint32_t i = by_address_.find(sessions_, remote_hash(m, {address, 0}), [&](const SessionEntry& s) {
    return s.mapping == m && s.remote.address == address && s.timing.alive(now);
  });
  return i == kNone ? nullptr : &sessions_[i];
}

SessionEntry* MappingTable::add_session(Time now, MappingEntry& mapping, const TransportAddress& remote) {
  const std::uint32_t m = mappings_.number_of(mapping);
  std::uint32_t i = by_remote_.find(sessions_, remote_hash(m, remote),
                                    [&](const SessionEntry& s) { return s.mapping == m && s.remote == remote; });
  if (i != kNone) {
    sessions_[i].timing = {now, now, false};
    sessions_[i].tcp = {};
    return &sessions_[i];
  }
  if (sessions_.live() == sessions_.capacity()) {
    // The mapping may be so new that nothing keeps it alive yet: it must not be swept away under the caller.
    const Time expires = mapping.timing.expires;
    mapping.timing.expires = kNever;
    sweep(now);
    mapping.timing.expires = expires;
  }
  i = sessions_.take();
  if (i == kNone) return nullptr;
  SessionEntry& s = sessions_[i];
  s.mapping = m;
  s.remote = remote;
  s.timing = {now, now, false};
  s.next_of_mapping = mapping.first_session;
  mapping.first_session = i;
  by_remote_.insert(sessions_, i, remote_hash(m, remote));
  by_address_.insert(sessions_, i, remote_hash(m, {remote.address, 0}));
  return &s;
}

void MappingTable::free_session(std::uint32_t session) {
  by_remote_.erase(sessions_, session);
  by_address_.erase(sessions_, session);
  sessions_.give_back(session);
}

void MappingTable::shorten(MappingEntry& mapping) {
  Time last = mapping.timing.created;
  for (std::uint32_t s = mapping.first_session; s != kNone; s = sessions_[s].next_of_mapping) {
    last = std::max(last, sessions_[s].timing.expires);
  }
  mapping.timing.expires = last;
  note_expiry(last);
}

void MappingTable::drop_expired_sessions(Time now, MappingEntry& mapping) {
  std::uint32_t* at = &mapping.first_session;
  while (*at != kNone) {
    const std::uint32_t s = *at;
    if (sessions_[s].timing.alive(now)) {
      note_expiry(sessions_[s].timing.expires);
      at = &sessions_[s].next_of_mapping;
    } else {
      *at = sessions_[s].next_of_mapping;
      free_session(s);
    }
  }
}

void MappingTable::sweep(Time now) {
  if (now < earliest_expiry_) return;
  earliest_expiry_ = kNever;
  for (std::uint32_t i = 0; i < mappings_.used(); ++i) {
    MappingEntry& m = mappings_[i];
    if (!m.live) continue;
    if (m.timing.alive(now)) {
      note_expiry(m.timing.expires);
      drop_expired_sessions(now, m);
    } else {
      remove(m);
    }
  }
}

}  // namespace punchlab::nat
