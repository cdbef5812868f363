#include "sim/oracle/gate.hpp"

#include <algorithm>

namespace punchlab::oracle {
namespace {

using nat::Dependence;
using nat::OnCollision;

constexpr std::size_t kDistinctAddresses = 3;
/// With fewer ports than this to draw from, two mappings of one host may well share a port under `overload`.
constexpr std::size_t kManyPorts = 1000;
/// Destinations of a real agent that are not modelled here (the peer's host candidates, allocations on the relay, ports
/// that the peer left behind): each may take a mapping that a check then lacks.
constexpr std::size_t kOtherDestinations = 12;
/// Addresses that an inner gateway may give to these, and that take blocks of ports here.
constexpr std::size_t kOtherInsideAddresses = 3;

bool depends_equally(Dependence dependence, Endpoint a, Endpoint b) {
  switch (dependence) {
    case Dependence::endpoint_independent:
      return true;
    case Dependence::address_dependent:
      return a.address == b.address;
    case Dependence::address_and_port_dependent:
      return a == b;
  }
  return false;
}

std::size_t ports_of(const nat::Profile& p) {
  const std::size_t range = p.ports.last < p.ports.first ? 0 : std::size_t{p.ports.last} - p.ports.first + 1;
  const bool block = p.port_allocation == nat::PortAllocation::block;
  const std::size_t ports = block ? std::min<std::size_t>(range, p.block_size) : range;
  return p.port_parity ? ports / 2 : ports;
}

/// Mappings that a gateway surely has room for.
std::size_t capacity_of(const nat::Profile& p) {
  const std::size_t limit = std::min(p.max_mappings, p.max_mappings_per_host);
  if (nat::shares_ports(p.on_collision)) return ports_of(p) == 0 ? 0 : limit;
  const std::size_t addresses = p.pooling == nat::Pooling::arbitrary ? p.addresses : 1;
  return std::min(limit, ports_of(p) * addresses);
}

/// Blocks of ports that the gateway has for inside addresses: each leases its own.
std::size_t blocks_of(const nat::Profile& p) {
  const std::size_t range = p.ports.last < p.ports.first ? 0 : std::size_t{p.ports.last} - p.ports.first + 1;
  const std::size_t blocks = std::max<std::size_t>(range / std::max<std::size_t>(p.block_size, 1), 1);
  return p.pooling == nat::Pooling::arbitrary ? blocks * p.addresses : blocks;
}

/// A host's port is ephemeral; only a range that holds all of those preserves it for certain.
bool holds_every_ephemeral_port(const nat::PortRange& ports) { return ports.first <= 32768 && ports.last == 65535; }

template <class T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Gate::Gate(const nat::Profile& profile, Run& run) : profile_(&profile) {
  const auto count = std::clamp<std::size_t>(profile.addresses, 1, kDistinctAddresses);
  for (std::size_t i = 0; i < count; ++i) addresses_.push_back(run.fresh());
  if (profile.port_allocation == nat::PortAllocation::preserve) {
    const bool matters = profile.translates && profile.mapping != Dependence::endpoint_independent;
    preserves_ = holds_every_ephemeral_port(profile.ports) || (matters && run.choices.pick(2) == 1);
  }
}

std::optional<Endpoint> Gate::outbound(Endpoint inside, Endpoint remote, Run& run) {
  if (profile_->udp_blocked) return std::nullopt;
  const auto outside = profile_->translates ? map(inside, remote, run) : track(inside, run);
  if (outside && !contains(contacted_, Contact{*outside, remote})) contacted_.emplace_back(*outside, remote);
  return outside;
}

/// A firewall keeps an entry for each inside endpoint, and its limits are on these.
std::optional<Endpoint> Gate::track(Endpoint inside, Run& run) {
  if (contains(tracked_, inside)) return inside;
  if (!has_room(tracked_.size(), std::min(profile_->max_mappings, profile_->max_mappings_per_host), kOtherDestinations,
                run))
    return std::nullopt;
  tracked_.push_back(inside);
  return inside;
}

/// Whether an old entry has made room by now is a matter of timers.
bool Gate::has_room(std::size_t used, std::size_t capacity, std::size_t others, Run& run) {
  const bool scarce = used > 0 && used + others >= capacity;
  if (capacity > 0 && !(scarce && run.choices.pick(2) == 0)) return true;
  drop(Obstacle::too_many_mappings);
  return false;
}

std::optional<Endpoint> Gate::inbound(Endpoint remote, Endpoint outside, Run& run) {
  if (profile_->udp_blocked) return std::nullopt;
  if (const auto inside = owner(outside, remote, run)) return inside;
  drop_by_filter();
  if (profile_->translates && profile_->unsolicited_creates_state && !contains(claimed_, Contact{outside, remote})) {
    claimed_.emplace_back(outside, remote);
  }
  return std::nullopt;
}

std::optional<Gate::Turned> Gate::turn_back(Endpoint inside, Endpoint own, Run& run) {
  if (profile_->hairpinning == nat::Hairpinning::none) {
    drop(Obstacle::hairpin_missing);
    return std::nullopt;
  }
  const auto outside = outbound(inside, own, run);
  if (!outside) return std::nullopt;
  const auto destination = owner(own, *outside, run);
  if (!destination) {
    drop_by_filter();
    return std::nullopt;
  }
  const bool hides = profile_->hairpinning == nat::Hairpinning::external_source;
  return Turned{hides ? *outside : inside, *destination, *outside};
}

void Gate::drop_by_filter() {
  drop(profile_->filtering == Dependence::address_dependent ? Obstacle::filtered_by_address
                                                            : Obstacle::filtered_by_port);
}

/// A filter belongs to its mapping: what was sent through another mapping of the same host opens nothing
/// (docs/oracle.md).
bool Gate::passes(Endpoint outside, Endpoint remote) const {
  return std::any_of(contacted_.begin(), contacted_.end(), [&](const Contact& c) {
    return c.first == outside && depends_equally(profile_->filtering, c.second, remote);
  });
}

std::optional<Endpoint> Gate::owner(Endpoint outside, Endpoint remote, Run& run) const {
  if (!passes(outside, remote) || contains(claimed_, Contact{outside, remote})) return std::nullopt;
  if (!profile_->translates) return outside;
  std::vector<Endpoint> owners;
  for (const auto* list : {&remapped_, &mappings_}) {
    for (const auto& m : *list) {
      if (m.outside != outside || contains(owners, m.inside)) continue;
      if (m.remote == remote) return m.inside;
      owners.push_back(m.inside);
    }
  }
  if (owners.empty()) return std::nullopt;
  return owners[run.choices.pick(owners.size())];
}

const Gate::Mapping* Gate::find(Endpoint inside, Endpoint remote) const {
  for (const auto& m : remapped_) {
    if (m.inside == inside && m.remote == remote) return &m;
  }
  for (const auto& m : mappings_) {
    if (m.inside == inside && depends_equally(profile_->mapping, m.remote, remote)) return &m;
  }
  return nullptr;
}

std::optional<Endpoint> Gate::map(Endpoint inside, Endpoint remote, Run& run) {
  if (const auto* mapping = find(inside, remote)) {
    const bool clash = contains(claimed_, Contact{mapping->outside, remote});
    if (!clash || profile_->on_collision == OnCollision::overload) return mapping->outside;
    if (profile_->on_collision == OnCollision::drop) return std::nullopt;
    return remap(inside, remote, run);
  }
  const auto outside = allocate(inside, remote, run);
  if (outside) mappings_.push_back({inside, remote, *outside});
  return outside;
}

/// Room and address are decided by the first clash, so that the search ends: another round meets the same luck.
std::optional<Endpoint> Gate::remap(Endpoint inside, Endpoint remote, Run& run) {
  if (!address_beside_) {
    auto room_for = capacity_of(*profile_);
    // Sharing gives room without end, but a port that is claimed towards this remote cannot be shared.
    if (nat::shares_ports(profile_->on_collision)) room_for = std::min(room_for, ports_of(*profile_));
    const bool room = has_room(mappings_.size(), room_for, kOtherDestinations, run);
    address_beside_ = room ? choose_address(inside, run) : kNoAddress;
  }
  if (*address_beside_ == kNoAddress) return std::nullopt;
  remapped_.push_back({inside, remote, {*address_beside_, run.fresh()}});
  return remapped_.back().outside;
}

bool Gate::taken(Endpoint outside, Endpoint remote) const {
  const auto same = [&](const Mapping& m) { return m.outside == outside; };
  return contains(claimed_, Contact{outside, remote}) || std::any_of(mappings_.begin(), mappings_.end(), same);
}

std::optional<Endpoint> Gate::allocate(Endpoint inside, Endpoint remote, Run& run) {
  if (!has_room(mappings_.size(), capacity_of(*profile_), kOtherDestinations, run)) return std::nullopt;
  Endpoint outside{.address = choose_address(inside, run)};
  const bool block = profile_->port_allocation == nat::PortAllocation::block;
  if (block && !lease(inside.address, outside.address, run)) return std::nullopt;
  outside.port = choose_port(inside, outside.address, run);
  if (!taken(outside, remote) || profile_->on_collision == OnCollision::overload) return outside;
  const bool shares = profile_->on_collision == OnCollision::conntrack;
  if (shares && !contains(claimed_, Contact{outside, remote})) return outside;
  if (shares && ports_of(*profile_) < kManyPorts && run.choices.pick(2) == 0) return no_port();
  if (profile_->on_collision == OnCollision::drop) return no_port();
  outside.port = run.fresh();
  return outside;
}

std::optional<Endpoint> Gate::no_port() {
  drop(Obstacle::too_many_mappings);
  return std::nullopt;
}

/// A block of ports belongs to one inside address, of which an inner gateway may have several, on one outside address.
bool Gate::lease(int inside_address, int outside_address, Run& run) {
  if (contains(leases_, std::pair{inside_address, outside_address})) return true;
  if (!has_room(leases_.size(), blocks_of(*profile_), kOtherInsideAddresses, run)) return false;
  leases_.emplace_back(inside_address, outside_address);
  return true;
}

/// The first mapping's address is the first one, without loss of generality.
int Gate::choose_address(Endpoint inside, Run& run) {
  if (profile_->pooling == nat::Pooling::arbitrary) {
    return mappings_.empty() ? addresses_[0] : addresses_[run.choices.pick(addresses_.size())];
  }
  for (const auto& [in, out] : paired_) {
    if (in == inside.address) return out;
  }
  const int out = paired_.empty() ? addresses_[0] : addresses_[run.choices.pick(addresses_.size())];
  paired_.emplace_back(inside.address, out);
  return out;
}

int Gate::choose_port(Endpoint inside, int outside_address, Run& run) {
  if (preserves_) return inside.port;
  const auto ports = ports_of(*profile_);
  const bool may_coincide = nat::shares_ports(profile_->on_collision) && ports < kManyPorts;
  const bool block = profile_->port_allocation == nat::PortAllocation::block;
  const auto same_ports = [&](const Mapping& m) {
    return !block || (m.inside.address == inside.address && m.outside.address == outside_address);
  };
  const auto other = std::find_if(mappings_.begin(), mappings_.end(), same_ports);
  if (other == mappings_.end() || !may_coincide) return run.fresh();
  return ports == 1 || run.choices.pick(2) == 1 ? other->outside.port : run.fresh();
}

void Gate::drop(Obstacle reason) {
  // Running out explains more than a filter does, and a port filter is the stricter one.
  const auto rank = [](Obstacle o) {
    switch (o) {
      case Obstacle::too_many_mappings:
        return 4;
      case Obstacle::hairpin_missing:
        return 3;
      case Obstacle::filtered_by_port:
        return 2;
      case Obstacle::filtered_by_address:
        return 1;
      default:
        return 0;
    }
  };
  if (rank(reason) > rank(drops_)) drops_ = reason;
}

}  // namespace punchlab::oracle
