// Which relayed transport address an allocation gets (RFC 8656 section 7.2): a random free port, with EVEN-PORT an even
// one, with a reservation token the one that was kept for it.
#include <algorithm>

#include "protocol/turn/allocation_table.hpp"

namespace punchlab::turn {

bool AllocationTable::is_relayed_address(const IpAddress& address) const {
  return address == config_.relayed_v4 || address == config_.relayed_v6;
}

/// From a random place the ports are tried in order, so that the search ends and the last free port is found too.
std::optional<TransportAddress> AllocationTable::choose_relayed(Time now, const Wish& wish) {
  const auto& address = wish.family == Family::ipv4 ? config_.relayed_v4 : config_.relayed_v6;
  if (!address || config_.last_port < config_.first_port) return std::nullopt;
  const std::uint32_t ports = std::uint32_t{config_.last_port} - config_.first_port + 1;
  const auto start = static_cast<std::uint32_t>(rng_.below(ports));
  for (std::uint32_t i = 0; i < ports; ++i) {
    const auto port = static_cast<std::uint16_t>(config_.first_port + (start + i) % ports);
    if (wish.even_port && port % 2 != 0) continue;
    if (!is_free(now, {*address, port})) continue;
    if (!wish.reserve_next) return TransportAddress{*address, port};
    if (port == config_.last_port) continue;
    if (is_free(now, {*address, static_cast<std::uint16_t>(port + 1)})) return TransportAddress{*address, port};
  }
  return std::nullopt;
}

bool AllocationTable::is_free(Time now, const TransportAddress& relayed) const {
  const auto reserved = [&](const Reservation& r) { return r.expires > now && r.relayed == relayed; };
  if (std::ranges::any_of(reservations_, reserved)) return false;
  return !by_relayed_.find(hash_of(relayed), [&](auto s) { return allocations_[s].relayed == relayed; });
}

AllocationTable::Reservation* AllocationTable::free_reservation(Time now) {
  const auto it = std::ranges::find_if(reservations_, [&](const Reservation& r) { return r.expires <= now; });
  return it == reservations_.end() ? nullptr : &*it;
}

std::optional<std::uint64_t> AllocationTable::reserve(Time now, const TransportAddress& relayed) {
  auto* reservation = free_reservation(now);
  if (reservation == nullptr) return std::nullopt;
  *reservation = {rng_.next(), relayed, now + kReservationLifetime};
  return reservation->token;
}

std::optional<TransportAddress> AllocationTable::redeem(Time now, std::uint64_t token) {
  const auto wanted = [&](const Reservation& r) { return r.expires > now && r.token == token; };
  const auto it = std::ranges::find_if(reservations_, wanted);
  if (it == reservations_.end()) return std::nullopt;
  it->expires = Time{};
  return it->relayed;
}

}  // namespace punchlab::turn
