#include "protocol/ice/candidates.hpp"

#include <algorithm>
#include <charconv>

namespace punchlab::ice {
namespace {

constexpr std::uint32_t kBelowType = 0xFF'FFFF;  // the bits of a priority below the type preference

Foundation foundation_text(std::uint8_t number) {
  Foundation f;
  std::to_chars(f.text.data(), f.text.data() + f.text.size(), number + 1);
  return f;
}

bool usable(const Candidate& c) {
  return c.transport == Transport::udp && c.component == 1 && c.address.port != 0 &&
         !c.address.address.is_unspecified();
}

}  // namespace

LocalCandidates::LocalCandidates() {
  entries_.reserve(kMaxLocalCandidates);
  bases_.reserve(kMaxLocalCandidates);
}

bool LocalCandidates::redundant(BaseId base, const TransportAddress& address) const {
  return std::ranges::any_of(entries_,
                             [&](const Entry& e) { return e.base == base && e.candidate.address == address; });
}

TransportAddress LocalCandidates::address_of_base(BaseId base) const {
  for (const auto& e : entries_)
    if (e.base == base && e.candidate.type == CandidateType::host) return e.candidate.address;
  return {};
}

std::uint8_t LocalCandidates::foundation_of(const Entry& entry) const {
  for (const auto& e : entries_)
    if (e.candidate.type == entry.candidate.type && e.base_address == entry.base_address && e.server == entry.server)
      return e.foundation;
  return static_cast<std::uint8_t>(entries_.size());
}

std::optional<Candidate> LocalCandidates::add(CandidateType type, BaseId base, const TransportAddress& address,
                                              const IpAddress& server) {
  Entry* const replaced = type == CandidateType::relayed ? relayed_on(base) : nullptr;
  if (replaced == nullptr && (entries_.size() == kMaxLocalCandidates || redundant(base, address))) return std::nullopt;
  const LocalBase* known = find(base);
  const auto preference =
      known != nullptr ? known->local_preference : static_cast<std::uint16_t>(0xFFFF - bases_.size());
  Entry entry{.candidate = {.type = type, .priority = priority_of(type, preference), .address = address},
              .base = base,
              .server = server};
  entry.candidate.base = type == CandidateType::server_reflexive ? address_of_base(base) : TransportAddress{};
  entry.base_address = type == CandidateType::server_reflexive ? entry.candidate.base.address : address.address;
  entry.foundation = replaced != nullptr ? replaced->foundation : foundation_of(entry);
  entry.candidate.foundation = foundation_text(entry.foundation);
  if (known == nullptr)
    bases_.push_back({.id = base,
                      .family = address.address.family(),
                      .relayed = type == CandidateType::relayed,
                      .foundation = entry.foundation,
                      .local_preference = preference,
                      .priority = entry.candidate.priority});
  return (replaced != nullptr ? *replaced = entry : entries_.emplace_back(entry)).candidate;
}

LocalCandidates::Entry* LocalCandidates::relayed_on(BaseId base) {
  const auto it = std::ranges::find_if(
      entries_, [=](const Entry& e) { return e.base == base && e.candidate.type == CandidateType::relayed; });
  return it == entries_.end() ? nullptr : &*it;
}

CandidateType LocalCandidates::type_of(BaseId base, const TransportAddress& mapped) const {
  if (const auto* b = find(base); b != nullptr && b->relayed) return CandidateType::relayed;
  for (const auto& e : entries_)
    if (e.base == base && e.candidate.address == mapped) return e.candidate.type;
  return CandidateType::peer_reflexive;
}

const LocalBase* LocalCandidates::find(BaseId base) const {
  const auto it = std::ranges::find(bases_, base, &LocalBase::id);
  return it == bases_.end() ? nullptr : &*it;
}

RemoteCandidates::RemoteCandidates() {
  entries_.reserve(kMaxRemoteCandidates + kMaxLearnedDirect + kMaxLearnedRelayed);
  relays_.reserve(kMaxRelays);
}

void RemoteCandidates::know_relay(const IpAddress& host) {
  if (relays_.size() < kMaxRelays && std::ranges::find(relays_, host) == relays_.end()) relays_.push_back(host);
}

// Checks of an allocation may come before its candidate. Peers may also live at a relay's address: on its host, or
// behind its NAT (docs/ice.md).
bool RemoteCandidates::at_relay(const IpAddress& host) const {
  const auto peer_there = [&](const RemoteCandidate& e) {
    return e.signalled && e.candidate.type != CandidateType::relayed && e.candidate.address.address == host;
  };
  return !ended_ && std::ranges::find(relays_, host) != relays_.end() && std::ranges::none_of(entries_, peer_there);
}

bool RemoteCandidates::reconsider() {
  bool changed = false;
  for (auto& e : entries_) {
    if (!e.by_address || at_relay(e.candidate.address.address)) continue;
    e.by_address = false;
    e.candidate.type = CandidateType::peer_reflexive;
    e.candidate.priority |= priority_of(CandidateType::peer_reflexive, 0) & ~kBelowType;
    changed = true;
  }
  return changed;
}

std::size_t RemoteCandidates::signalled() const {
  return static_cast<std::size_t>(std::ranges::count(entries_, true, &RemoteCandidate::signalled));
}

std::optional<std::uint8_t> RemoteCandidates::find(const TransportAddress& address) const {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].used && entries_[i].candidate.address == address) return static_cast<std::uint8_t>(i);
  return std::nullopt;
}

std::uint8_t RemoteCandidates::unused_foundation() const {
  std::uint8_t number = 0;
  while (std::ranges::any_of(entries_, [=](const auto& e) { return e.used && e.foundation == number; })) ++number;
  return number;
}

std::uint8_t RemoteCandidates::foundation_of(const Foundation& foundation) const {
  for (const auto& e : entries_)
    if (e.signalled && e.candidate.foundation == foundation) return e.foundation;
  return unused_foundation();
}

std::uint8_t RemoteCandidates::free_place() {
  const auto it = std::ranges::find(entries_, false, &RemoteCandidate::used);
  const auto index = static_cast<std::uint8_t>(it - entries_.begin());
  if (it == entries_.end()) entries_.emplace_back();
  return index;
}

bool RemoteCandidates::is_relayed(const TransportAddress& address) const {
  const auto known = find(address);
  return known ? entries_[*known].candidate.type == CandidateType::relayed : at_relay(address.address);
}

RemoteCandidates::Result RemoteCandidates::add(const Candidate& candidate) {
  if (!usable(candidate)) return {};
  const auto known = find(candidate.address);
  if ((known && entries_[*known].signalled) || signalled() == kMaxRemoteCandidates) return {};
  const auto foundation = foundation_of(candidate.foundation);
  const auto index = known ? *known : free_place();
  entries_[index] = {.candidate = candidate, .foundation = foundation, .signalled = true, .used = true};
  return {known ? Added::upgraded : Added::created, index};
}

std::optional<std::uint8_t> RemoteCandidates::learn(Time now, const TransportAddress& source, std::uint32_t priority,
                                                    bool over_relay) {
  if (const auto known = find(source)) return known;
  const bool relay = relayed(priority, over_relay) || at_relay(source.address);
  const auto same_room = [=](const RemoteCandidate& e) { return e.used && !e.signalled && e.over_relay == relay; };
  const auto taken = static_cast<std::size_t>(std::ranges::count_if(entries_, same_room));
  if (taken >= (relay ? kMaxLearnedRelayed : kMaxLearnedDirect)) return std::nullopt;
  const auto index = free_place();
  put_learned(index, now, source, priority, over_relay);
  return index;
}

void RemoteCandidates::put_learned(std::uint8_t index, Time now, const TransportAddress& source, std::uint32_t priority,
                                   bool over_relay) {
  const bool by_address = priority >> 24 != 0 && at_relay(source.address);
  if (by_address) priority &= kBelowType;  // as a relayed candidate has it
  const auto type = priority >> 24 == 0 ? CandidateType::relayed : CandidateType::peer_reflexive;
  entries_[index] = {};
  entries_[index] = {.candidate = {.type = type, .priority = priority, .address = source},
                     .foundation = unused_foundation(),
                     .used = true,
                     .over_relay = relayed(priority, over_relay),
                     .by_address = by_address,
                     .learned = now};
}

std::optional<std::uint8_t> RemoteCandidates::withdraw(const TransportAddress& address) {
  const auto known = find(address);
  if (known) entries_[*known] = {};
  return known;
}

}  // namespace punchlab::ice
