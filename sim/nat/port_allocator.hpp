#pragma once
// Which external endpoint a new mapping gets (RFC 4787 section 4.2; pooling: section 4.1).
#include <array>
#include <optional>
#include <span>

#include "protocol/base/rng.hpp"
#include "sim/nat/mapping_table.hpp"
#include "sim/nat/profile.hpp"
#include "sim/nat/unsolicited.hpp"

namespace punchlab::nat {

inline constexpr std::size_t kMostAddresses = 16;

/// A mapping that is about to be made.
struct Wanted {
  std::uint8_t protocol = 0;
  TransportAddress internal;
  TransportAddress remote;  ///< whole: two flows to one remote must not look alike from outside
  bool elsewhere = false;   ///< the preferred port is known to be taken: go straight to what happens on a collision
  std::optional<TransportAddress> at;  ///< this external endpoint and no other
};

class PortAllocator {
 public:
  PortAllocator(const Profile& profile, MappingTable& table, const UnsolicitedStates& unsolicited, Rng& rng)
      : profile_(profile), table_(table), unsolicited_(unsolicited), rng_(rng) {}

  /// Starts anew with these external IPv4 addresses, at most kMostAddresses.
  void prepare(std::span<const IpAddress> addresses);
  std::span<const IpAddress> addresses() const { return {addresses_.data(), count_}; }

  struct Choice {
    TransportAddress external;
    std::uint32_t block = kNone;  ///< the lease it lies in
  };
  /// Nothing when no port is to be had, or the profile drops on a collision.
  std::optional<Choice> choose(Time now, const Wanted& wanted);
  /// Whether a flow from `external` to `remote` would be unlike any other that is alive; `own` does not count.
  bool free_towards(Time now, std::uint8_t protocol, const TransportAddress& external, const TransportAddress& remote,
                    const MappingEntry* own) const;

 private:
  struct Span {  ///< the ports in question, inclusive
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint32_t step = 1;  ///< 2 keeps the parity that `first` has
    std::uint32_t size() const { return (last - first) / step + 1; }
    std::uint32_t at(std::uint32_t i) const { return first + i * step; }
  };
  std::size_t pick_address(const Wanted& wanted);
  std::optional<Choice> choose_on(Time now, const Wanted& wanted, std::size_t address);
  std::optional<Span> ports_for(Time now, const Wanted& wanted, std::size_t address, std::uint32_t& block);
  std::uint32_t lease(Time now, const IpAddress& host, const IpAddress& external);
  std::uint32_t preferred(const Wanted& wanted, const Span& span, std::size_t address);
  std::optional<std::uint32_t> resolve(Time now, const Wanted& wanted, const Span& span, std::size_t address,
                                       std::uint32_t taken);
  bool available(Time now, const Wanted& wanted, std::size_t address, std::uint32_t port) const;

  const Profile& profile_;
  MappingTable& table_;
  const UnsolicitedStates& unsolicited_;
  Rng& rng_;
  std::array<IpAddress, kMostAddresses> addresses_;
  std::array<std::uint32_t, kMostAddresses> next_{};  ///< sequential allocation, per address
  std::size_t count_ = 0;
  std::uint64_t salt_ = 0;  ///< decides which host is paired with which address
};

}  // namespace punchlab::nat
