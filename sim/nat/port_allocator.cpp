#include "sim/nat/port_allocator.hpp"

#include <algorithm>

#include "sim/packet/packet.hpp"

namespace punchlab::nat {
namespace {

/// Random tries before looking at every port in turn; with a half-full range more are needed once in 2^16.
constexpr int kRandomTries = 16;
constexpr std::uint32_t kOutside = 0x10000;  ///< a port that no span contains

bool is_query(std::uint8_t protocol) { return protocol == packet::kIcmp || protocol == packet::kIcmp6; }

}  // namespace

void PortAllocator::prepare(std::span<const IpAddress> addresses) {
  count_ = std::min(addresses.size(), kMostAddresses);
  std::copy_n(addresses.begin(), count_, addresses_.begin());
  salt_ = count_ > 1 ? rng_.next() : 0;
  if (profile_.port_allocation != PortAllocation::sequential) return;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::uint32_t ports = std::max(profile_.ports.first, profile_.ports.last) - profile_.ports.first + 1U;
    next_[i] = profile_.ports.first + static_cast<std::uint32_t>(rng_.below(ports));
  }
}

std::optional<PortAllocator::Choice> PortAllocator::choose(Time now, const Wanted& wanted) {
  if (count_ == 0) return std::nullopt;
  const std::size_t address = pick_address(wanted);
  if (profile_.pooling == Pooling::paired) return choose_on(now, wanted, address);
  for (std::size_t i = 0; i < count_; ++i) {
    if (const auto choice = choose_on(now, wanted, (address + i) % count_)) return choice;
  }
  return std::nullopt;
}

std::size_t PortAllocator::pick_address(const Wanted& wanted) {
  if (count_ == 1) return 0;
  if (profile_.pooling == Pooling::arbitrary) return rng_.below(count_);
  return combine(hash_of(wanted.internal.address), salt_) % count_;
}

std::optional<PortAllocator::Choice> PortAllocator::choose_on(Time now, const Wanted& wanted, std::size_t address) {
  std::uint32_t block = kNone;
  const auto span = ports_for(now, wanted, address, block);
  if (!span) return std::nullopt;
  std::uint32_t port = preferred(wanted, *span, address);
  if (wanted.elsewhere || port == kOutside || !available(now, wanted, address, port)) {
    const auto other = resolve(now, wanted, *span, address, port);
    if (!other) return std::nullopt;
    port = *other;
  }
  if (profile_.port_allocation == PortAllocation::sequential && !is_query(wanted.protocol)) next_[address] = port + 1;
  return Choice{{addresses_[address], static_cast<std::uint16_t>(port)}, block};
}

std::optional<PortAllocator::Span> PortAllocator::ports_for(Time now, const Wanted& wanted, std::size_t address,
                                                            std::uint32_t& block) {
  if (is_query(wanted.protocol)) return Span{0, 0xFFFF, 1};  // identifiers know no range (RFC 5508 section 3.1)
  Span span{profile_.ports.first, std::max(profile_.ports.first, profile_.ports.last), 1};
  if (profile_.port_allocation == PortAllocation::block) {
    block = lease(now, wanted.internal.address, addresses_[address]);
    if (block == kNone) return std::nullopt;
    const std::uint32_t size = std::max<std::uint32_t>(profile_.block_size, 1);
    span.first += table_.blocks().block_of(block) * size;
    span.last = std::min(span.last, span.first + size - 1);
  }
  if (profile_.port_parity) {
    span.step = 2;
    span.first += (span.first ^ wanted.internal.port) & 1U;
    if (span.first > span.last) return std::nullopt;
  }
  return span;
}

std::uint32_t PortAllocator::lease(Time now, const IpAddress& host, const IpAddress& external) {
  PortBlocks& blocks = table_.blocks();
  if (const std::uint32_t held = blocks.find(host, external); held != kNone) return held;
  const std::uint32_t ports = std::max(profile_.ports.first, profile_.ports.last) - profile_.ports.first + 1U;
  const std::uint32_t number = std::max(ports / std::max<std::uint32_t>(profile_.block_size, 1), 1U);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto start = static_cast<std::uint32_t>(rng_.below(number));
    for (std::uint32_t i = 0; i < number; ++i) {
      const std::uint32_t block = (start + i) % number;
      if (!blocks.taken(external, block)) return blocks.lease(host, external, block);
    }
    table_.sweep(now);  // leases end with their last mapping, which may long have expired
  }
  return kNone;
}

std::uint32_t PortAllocator::preferred(const Wanted& wanted, const Span& span, std::size_t address) {
  const auto inside = [&](std::uint32_t port) {
    return port >= span.first && port <= span.last && (port - span.first) % span.step == 0;
  };
  if (profile_.port_allocation == PortAllocation::preserve || is_query(wanted.protocol)) {
    return inside(wanted.internal.port) ? wanted.internal.port : kOutside;
  }
  if (profile_.port_allocation == PortAllocation::sequential) {
    const std::uint32_t next = next_[address] > span.last ? span.first : next_[address];
    return inside(next) ? next : next + 1 <= span.last ? next + 1 : span.first;
  }
  return span.at(static_cast<std::uint32_t>(rng_.below(span.size())));
}

std::optional<std::uint32_t> PortAllocator::resolve(Time now, const Wanted& wanted, const Span& span,
                                                    std::size_t address, std::uint32_t taken) {
  if (profile_.on_collision == OnCollision::drop && taken != kOutside) return std::nullopt;
  const bool next = profile_.on_collision == OnCollision::next && taken != kOutside;
  if (!next) {
    for (int i = 0; i < kRandomTries; ++i) {
      const std::uint32_t port = span.at(static_cast<std::uint32_t>(rng_.below(span.size())));
      if (available(now, wanted, address, port)) return port;
    }
  }
  const std::uint32_t start =
      next ? (taken - span.first) / span.step : static_cast<std::uint32_t>(rng_.below(span.size()));
  for (std::uint32_t i = 1; i <= span.size(); ++i) {
    const std::uint32_t port = span.at((start + i) % span.size());
    if (available(now, wanted, address, port)) return port;
  }
  return std::nullopt;
}

bool PortAllocator::available(Time now, const Wanted& wanted, std::size_t address, std::uint32_t port) const {
  const TransportAddress external{addresses_[address], static_cast<std::uint16_t>(port)};
  if (!shares_ports(profile_.on_collision) &&
      table_.any_outside(now, wanted.protocol, external, [](const MappingEntry&) { return true; })) {
    return false;
  }
  return free_towards(now, wanted.protocol, external, wanted.remote, nullptr);
}

bool PortAllocator::free_towards(Time now, std::uint8_t protocol, const TransportAddress& external,
                                 const TransportAddress& remote, const MappingEntry* own) const {
  if (profile_.unsolicited_creates_state && unsolicited_.occupied(now, protocol, external, remote)) return false;
  if (!shares_ports(profile_.on_collision)) return true;
  return !table_.any_outside(now, protocol, external, [&](const MappingEntry& m) {
    return &m != own && table_.find_session(now, m, remote) != nullptr;
  });
}

}  // namespace punchlab::nat
