#pragma once
// One trial's world with every distribution drawn: addresses, gateways, links. What a backend builds.
//
//   client host -- LAN -- [gateway ... gateway] -- access -- core -- access -- [gateways] -- LAN -- connector host
//                                                   |
//                                                 relay link -- relay host
#include <array>
#include <cstdint>
#include <vector>

#include "protocol/base/address.hpp"
#include "sim/link/distribution.hpp"
#include "sim/nat/nat_box.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::trial {

enum class HostId : std::uint8_t { client = 0, connector = 1, relay = 2 };
inline constexpr std::size_t kHosts = 3;

/// One direction of a link.
struct LinkDirection {
  Duration latency{0};        ///< propagation
  link::Distribution jitter;  ///< per packet; packets keep their order
  double loss = 0;
  std::uint64_t bandwidth = link::kPlainBandwidth;  ///< bit/s
  RngKey key;                 ///< of the direction's loss and jitter draws, one of each per packet that is transmitted
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

/// Both peers, and the relay (which has no gateways and listens on kRelayPort).
struct HostSpec {
  std::vector<IpAddress> addresses;   ///< the host's own; the relay has two (RFC 5780)
  std::vector<GatewaySpec> gateways;  ///< from the host outwards; joined by LAN links (kLanLatency, kPlainBandwidth)
  LinkSpec access;                    ///< from the outermost gateway (or the host itself) to the core
};

inline constexpr Duration kLanLatency{0};
inline constexpr std::uint16_t kRelayPort = 3478;    ///< UDP and TCP
inline constexpr std::uint16_t kRelayTlsPort = 443;  ///< streams that stand for TLS (docs/worlds.md)

struct Topology {
  std::array<HostSpec, kHosts> hosts;
  const HostSpec& host(HostId id) const { return hosts[static_cast<std::size_t>(id)]; }
};

/// Draws trial `trial` of `cell`: depends on (seed, cell.world, trial) only, so that policies see the same world.
Topology draw_topology(const Cell& cell, std::uint64_t seed, std::uint64_t trial);

}  // namespace punchlab::trial
