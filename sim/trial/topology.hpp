#pragma once
// One trial's world with every distribution drawn: addresses, gateways, links. What a backend builds.
//
//   client host -- LAN -- [gateway ... gateway] -- access -- core -- access -- [gateways] -- LAN -- connector host
//                                                   |
//                                                 relay link -- relay host
//
// With a shared network, both access links end in it, and only its own leads to the core:
//
//   client host -- LAN -- [gateways] -- access --+
//                                        shared network -- LAN -- [shared gateways] -- shared access -- core
//   connector host -- LAN -- [gateways] -- access --+
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/base/address.hpp"
#include "sim/link/distribution.hpp"
#include "sim/nat/nat_box.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::trial {

/// `shared` is no host: the network that both peers stand in, as the place of gateways, links and events.
enum class HostId : std::uint8_t { client = 0, connector = 1, relay = 2, shared = 3 };
inline constexpr std::size_t kHosts = 3;
inline constexpr std::size_t kPlaces = 4;  ///< hosts, and the shared network

/// One direction of a link.
struct LinkDirection {
  Duration latency{0};        ///< propagation
  link::Distribution jitter;  ///< per packet; packets keep their order
  double loss = 0;
  std::uint64_t bandwidth = link::kPlainBandwidth;  ///< bit/s
  RngKey key;  ///< of the direction's loss and jitter draws, one of each per packet that is transmitted
};

/// A duplex link. `up` points from a host towards the core.
struct LinkSpec {
  LinkDirection up;
  LinkDirection down;
  std::uint32_t queue = 1000;  ///< packets that wait, the one being transmitted not counted
  Medium medium = Medium::wire;
  std::uint64_t cross_traffic = 0;
  /// No jitter, no loss, a wire: ns-3 and memory agree to the nanosecond.
  bool plain() const;
};

struct GatewaySpec {
  nat::Profile profile;
  nat::Addressing addressing;
  RngKey key;
};

/// Both peers, and the relay (which has no gateways and listens on kRelayPort); and the shared network, which is no
/// host.
struct HostSpec {
  std::vector<IpAddress> addresses;   ///< the host's own; the relay has two (RFC 5780), a shared network none
  std::vector<GatewaySpec> gateways;  ///< from the host outwards; joined by LAN links (kLanLatency, kPlainBandwidth)
  LinkSpec access;  ///< from the outermost gateway (or the host itself) to the core, or the shared network

  /// Where it is seen beyond its own gateways: the addresses of its outermost translator, or its own.
  const std::vector<IpAddress>& outside_addresses() const {
    for (auto gateway = gateways.rbegin(); gateway != gateways.rend(); ++gateway)
      if (gateway->profile.translates) return gateway->addressing.external;
    return addresses;
  }
};

inline constexpr Duration kLanLatency{0};
inline constexpr std::uint16_t kRelayPort = 3478;    ///< UDP and TCP
inline constexpr std::uint16_t kRelayTlsPort = 443;  ///< streams that stand for TLS (docs/worlds.md)

struct Topology {
  std::array<HostSpec, kHosts> hosts;
  std::optional<HostSpec> shared{};  ///< both peers stand in it
  /// Also of the shared network, where there is one.
  const HostSpec& host(HostId id) const { return id == HostId::shared ? *shared : hosts[static_cast<std::size_t>(id)]; }
  /// What there is, for loops: without a shared network it has no part.
  bool has(HostId id) const { return id != HostId::shared || shared.has_value(); }
};

/// Draws trial `trial` of `cell`: depends on (seed, cell.world, trial) only, so that policies see the same world.
Topology draw_topology(const Cell& cell, std::uint64_t seed, std::uint64_t trial);

}  // namespace punchlab::trial
