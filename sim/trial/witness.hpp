#pragma once
// The world's own record of a trial: what was sent, where packets were dropped and why. Nothing here asks an agent.
#include <array>
#include <cstdint>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::trial {

class Witness {
 public:
  explicit Witness(const Topology& topology);

  void on_packet(const PacketEvent& event);
  /// A peer hands a datagram to its socket.
  void on_send(HostId from, const TransportAddress& destination, std::size_t size);
  /// A datagram reached a host's socket.
  void on_delivery(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination, Bytes payload);
  /// Both peers send directly from now on: stops the counts "to direct".
  void freeze() { frozen_ = true; }

  /// How a datagram from `source` came to a peer: through the relay or not.
  PathKind path_of(const TransportAddress& source) const;
  /// Why the trial stayed without a direct path: a code of docs/reasons.md, from the dropped packets alone.
  const char* reason() const;

  std::uint32_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint32_t packets_to_others() const { return to_others_; }
  std::uint32_t lost_data() const { return lost_data_; }
  std::uint64_t trace_hash() const { return hash_; }

 private:
  /// Public addresses a side may be reached at: its outermost translator's, or its host's.
  bool is_of(HostId side, const IpAddress& address) const;
  void on_drop(const PacketEvent& event);
  void on_clash(const PacketEvent& event);

  const Topology* topology_;
  std::array<std::vector<IpAddress>, 2> public_addresses_;
  std::array<TransportAddress, 2> known_at_relay_{};  ///< a side's flow to the relay as the relay saw it first
  bool frozen_ = false;
  std::uint32_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint32_t to_others_ = 0;
  std::uint32_t lost_data_ = 0;
  std::uint64_t hash_ = 0x9E3779B97F4A7C15ULL;
  // Drops of packets from one peer's public side at the other's gateways.
  std::uint32_t dropped_varied_ = 0;   ///< from another port or address than the relay saw
  std::uint32_t dropped_by_port_ = 0;
  std::uint32_t dropped_by_address_ = 0;
  std::uint32_t dropped_unmapped_ = 0;
  std::uint32_t clashed_ = 0;  ///< packets to the peer that left elsewhere, or not at all, because of a conntrack clash
  std::uint32_t blocked_ = 0;
  std::uint32_t exhausted_ = 0;
  std::uint32_t lost_ = 0;
};

}  // namespace punchlab::trial
