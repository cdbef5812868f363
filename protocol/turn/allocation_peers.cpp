// Permissions and channels of an allocation (RFC 8656 sections 9 and 12).
#include <algorithm>

#include "protocol/turn/allocation_table.hpp"

namespace punchlab::turn {
namespace {

/// The entry that `same` finds, else one that expired, else a fresh one; null when all are in use.
template <class Entry, class Same>
Entry* entry_for(Time now, std::span<Entry> entries, std::uint16_t& used, Same&& same) {
  const auto in_use = entries.first(used);
  if (const auto it = std::ranges::find_if(in_use, same); it != in_use.end()) return &*it;
  const auto expired = [&](const Entry& e) { return e.expires <= now; };
  if (const auto it = std::ranges::find_if(in_use, expired); it != in_use.end()) return &*it;
  return used < entries.size() ? &entries[used++] : nullptr;
}

}  // namespace

bool AllocationTable::permitted(Time now, const Allocation& allocation, const IpAddress& peer) const {
  for (const auto& p : permissions_of(allocation).first(allocation.permissions))
    if (p.address == peer) return p.expires > now;
  return false;
}

bool AllocationTable::permit(Time now, Allocation& allocation, const IpAddress& peer) {
  const auto same = [&](const Permission& p) { return p.address == peer; };
  auto* entry = entry_for(now, permissions_of(allocation), allocation.permissions, same);
  if (entry == nullptr) return false;
  *entry = {peer, now + kPermissionLifetime};
  return true;
}

std::size_t AllocationTable::free_permissions(Time now, const Allocation& allocation) const {
  const auto all = permissions_of(allocation);
  const auto valid = [&](const Permission& p) { return p.expires > now; };
  return all.size() - static_cast<std::size_t>(std::ranges::count_if(all.first(allocation.permissions), valid));
}

const Channel* AllocationTable::find_channel(Time now, const Allocation& allocation, std::uint16_t number) const {
  for (const auto& c : channels_of(allocation).first(allocation.channels))
    if (c.number == number && c.expires > now) return &c;
  return nullptr;
}

const Channel* AllocationTable::find_channel(Time now, const Allocation& allocation, const TransportAddress& peer) const {
  for (const auto& c : channels_of(allocation).first(allocation.channels))
    if (c.peer == peer && c.expires > now) return &c;
  return nullptr;
}

bool AllocationTable::bind(Time now, Allocation& allocation, std::uint16_t number, const TransportAddress& peer) {
  const auto same = [&](const Channel& c) { return c.number == number && c.peer == peer; };
  auto* entry = entry_for(now, channels_of(allocation), allocation.channels, same);
  if (entry == nullptr) return false;
  *entry = {peer, number, now + kChannelLifetime};
  return true;
}

std::span<Permission> AllocationTable::permissions_of(const Allocation& allocation) {
  return std::span(permissions_).subspan(std::size_t{slot_of(allocation)} * config_.max_permissions, config_.max_permissions);
}

std::span<const Permission> AllocationTable::permissions_of(const Allocation& allocation) const {
  return std::span(permissions_).subspan(std::size_t{slot_of(allocation)} * config_.max_permissions, config_.max_permissions);
}

std::span<Channel> AllocationTable::channels_of(const Allocation& allocation) {
  return std::span(channels_).subspan(std::size_t{slot_of(allocation)} * config_.max_channels, config_.max_channels);
}

std::span<const Channel> AllocationTable::channels_of(const Allocation& allocation) const {
  return std::span(channels_).subspan(std::size_t{slot_of(allocation)} * config_.max_channels, config_.max_channels);
}

}  // namespace punchlab::turn
