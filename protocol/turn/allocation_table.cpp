// The life of allocations: slots, lifetimes, socket events. Peers are in allocation_peers.cpp, ports in relayed_ports.cpp.
#include "protocol/turn/allocation_table.hpp"

#include <algorithm>
#include <cassert>

namespace punchlab::turn {

AllocationTable::AllocationTable(const ServerConfig& config, Rng& rng)
    : config_(config),
      rng_(rng),
      allocations_(config.max_allocations),
      permissions_(std::size_t{config.max_allocations} * config.max_permissions),
      channels_(std::size_t{config.max_allocations} * config.max_channels),
      reservations_(config.max_reservations),
      by_client_(config.max_allocations),
      by_relayed_(config.max_allocations),
      to_open_(config.max_allocations),
      to_close_(config.max_allocations) {
  free_.reserve(config.max_allocations);
}

Allocation* AllocationTable::find(Time now, const FiveTuple& client) {
  const auto slot = by_client_.find(hash_of(client), [&](auto s) { return allocations_[s].client == client; });
  if (!slot || allocations_[*slot].expires <= now) return nullptr;
  return &allocations_[*slot];
}

Allocation* AllocationTable::find(Time now, SocketId socket) {
  if (!is_relay_socket(socket) || allocations_.empty()) return nullptr;
  auto& allocation = allocations_[(socket.value - kFirstRelaySocket) % allocations_.size()];
  return allocation.live() && allocation.socket == socket && allocation.expires > now ? &allocation : nullptr;
}

Allocation* AllocationTable::find_relayed(Time now, const TransportAddress& relayed) {
  const auto slot = by_relayed_.find(hash_of(relayed), [&](auto s) { return allocations_[s].relayed == relayed; });
  if (!slot || !allocations_[*slot].live() || allocations_[*slot].expires <= now) return nullptr;
  return &allocations_[*slot];
}

std::uint32_t AllocationTable::count_of(std::uint32_t user) const {
  return user < per_user_.size() ? per_user_[user] : 0;
}

Allocation* AllocationTable::create(Time now, const FiveTuple& client, SocketId client_socket, std::uint32_t user,
                                    const Wish& wish) {
  expire(now);  // so that what is over gives its slot and its port back before it is missed
  if (live_ == config_.max_allocations || (wish.reserve_next && free_reservation(now) == nullptr)) return nullptr;
  const auto relayed = wish.token ? redeem(now, *wish.token) : choose_relayed(now, wish);
  if (!relayed) return nullptr;
  const auto slot = take_slot();
  if (!slot) return nullptr;
  if (user >= per_user_.size()) per_user_.resize(user + 1);
  ++per_user_[user];
  ++live_;
  auto& a = allocations_[*slot];
  a = {};
  a.state = Allocation::Socket::opening;
  a.client = client;
  a.client_socket = client_socket;
  // Ids come round again only after all 2^30 of them, so that a late event never meets a newer allocation.
  a.socket = {kFirstRelaySocket + (generation_++ % (0x4000'0000 / config_.max_allocations)) * config_.max_allocations + *slot};
  a.relayed = *relayed;
  a.user = user;
  if (wish.reserve_next)
    a.token = reserve(now, {relayed->address, static_cast<std::uint16_t>(relayed->port + 1)});
  by_client_.insert(hash_of(client), *slot);
  by_relayed_.insert(hash_of(*relayed), *slot);
  to_open_.push(*slot);
  return &a;
}

void AllocationTable::set_lifetime(Time now, Allocation& allocation, Duration lifetime) {
  allocation.expires = now + lifetime;
  next_expiry_ = std::min(next_expiry_, allocation.expires);
}

void AllocationTable::remove(Allocation& allocation) {
  assert(allocation.live());
  const auto slot = slot_of(allocation);
  by_client_.erase(hash_of(allocation.client), slot);
  --per_user_[allocation.user];
  --live_;
  if (allocation.state == Allocation::Socket::opening) {
    allocation.state = Allocation::Socket::abandoned;
  } else {
    allocation.state = Allocation::Socket::closing;
    to_close_.push(slot);
  }
}

void AllocationTable::expire(Time now) {
  if (now < next_expiry_) return;
  next_expiry_ = kNever;
  for (auto& allocation : std::span(allocations_).first(used_slots_)) {
    if (!allocation.live()) continue;
    if (allocation.expires <= now) {
      remove(allocation);
    } else {
      next_expiry_ = std::min(next_expiry_, allocation.expires);
    }
  }
}

std::optional<OpenSocket> AllocationTable::next_to_open() {
  while (!to_open_.empty()) {
    const auto slot = to_open_.pop();
    auto& allocation = allocations_[slot];
    if (allocation.state == Allocation::Socket::opening) {
      allocation.state = Allocation::Socket::open;
      return OpenSocket{allocation.socket, Transport::udp, allocation.relayed, {}};
    }
    free_slot(slot);  // it ended before the caller heard of it
  }
  return std::nullopt;
}

std::optional<CloseSocket> AllocationTable::next_to_close() {
  if (to_close_.empty()) return std::nullopt;
  const auto slot = to_close_.pop();
  const auto socket = allocations_[slot].socket;
  free_slot(slot);
  return CloseSocket{socket};
}

void AllocationTable::reset() {
  std::fill_n(allocations_.begin(), used_slots_, Allocation{});
  std::ranges::fill(reservations_, Reservation{});
  std::ranges::fill(per_user_, 0u);
  free_.clear();
  used_slots_ = live_ = generation_ = 0;
  by_client_.clear();
  by_relayed_.clear();
  to_open_.clear();
  to_close_.clear();
  next_expiry_ = kNever;
}

std::uint32_t AllocationTable::slot_of(const Allocation& allocation) const {
  return static_cast<std::uint32_t>(&allocation - allocations_.data());
}

std::optional<std::uint32_t> AllocationTable::take_slot() {
  if (!free_.empty()) {
    const auto slot = free_.back();
    free_.pop_back();
    return slot;
  }
  if (used_slots_ == allocations_.size()) return std::nullopt;
  return used_slots_++;
}

void AllocationTable::free_slot(std::uint32_t slot) {
  // The port stays taken until here: until its old socket is closed, a new one could not be bound to it.
  by_relayed_.erase(hash_of(allocations_[slot].relayed), slot);
  allocations_[slot].state = Allocation::Socket::free;
  free_.push_back(slot);
}

}  // namespace punchlab::turn
