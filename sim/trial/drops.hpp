#pragma once
// What gateways dropped of a trial's packets, flow by flow, and whether the way was opened afterwards: what hinders for
// good is told from what a check meets before the other side has sent its own.
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "sim/packet/packet.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::trial {

/// Packets from one source to one destination that a gateway dropped.
struct Drop {
  HostId side = HostId::client;  ///< whose gateway
  std::uint8_t gateway = 0;
  HostId receiver = HostId::client;  ///< whom the packets were for; `side`, unless both peers share the gateway
  TransportAddress source;
  TransportAddress
      seen;  ///< the source as the filter saw it: another than `source` where a shared gateway had to turn it back
  TransportAddress destination;
  nat::Reason reason = nat::Reason::no_mapping;  ///< of the last
  Time first;
  std::uint32_t count = 0;
  bool opened = false;  ///< the receiver has sent out by that gateway between the same two endpoints later on
};

class Drops {
 public:
  /// A gateway dropped a packet for `receiver` that `view` shows.
  void add(const PacketEvent& event, const packet::View& view, HostId receiver);
  /// A packet passed a gateway: it may have opened the way for what was dropped.
  void passed(const PacketEvent& event, const packet::View& view);
  std::span<const Drop> all() const { return {drops_.data(), count_}; }

 private:
  static constexpr std::size_t kMost =
      48;  ///< flows: a technique may try 8 ports each way; further ones are not told apart
  std::array<Drop, kMost> drops_;
  std::size_t count_ = 0;
};

}  // namespace punchlab::trial
