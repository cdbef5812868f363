#pragma once
// Whose packets are whose where both peers stand in one network: its gateways show both at the same public addresses,
// so that only what these gateways did tells them apart.
#include <array>
#include <optional>

#include "sim/trial/network.hpp"

namespace punchlab::trial {

class SharedFlows {
 public:
  /// `topology` has a shared network.
  explicit SharedFlows(const Topology& topology) : topology_(&topology) {}

  /// A gateway of the shared network judged a packet.
  void note(const PacketEvent& event);
  /// The peer whose packets come from `endpoint`, on the shared network or beyond its gateways.
  std::optional<HostId> owner(const TransportAddress& endpoint) const;
  /// Whether what comes from `inner` on the shared network, or between its gateways, is seen further out at `outer`.
  bool leads_to(const TransportAddress& inner, const TransportAddress& outer) const;
  /// Whether a gateway turned packets back with their source `inner` as it is inside, which is seen further out at
  /// `outer`. Packets that never came to that gateway, from peer to peer on the shared network, were not turned back.
  bool turned_back(const TransportAddress& inner, const TransportAddress& outer) const;

 private:
  struct Flow {
    TransportAddress inside, outside;  ///< of one gateway
    HostId owner = HostId::client;
    bool turned_back = false;  ///< a packet went back inside with this inside address as its source
  };
  const Flow* find(const TransportAddress& outside) const;
  Flow* find(const TransportAddress& outside);
  const Flow* find(const TransportAddress& inner, const TransportAddress& outer) const;

  const Topology* topology_;
  static constexpr std::size_t kMost = 64;  ///< further ones are not told apart
  std::array<Flow, kMost> flows_;
  std::size_t count_ = 0;
};

}  // namespace punchlab::trial
