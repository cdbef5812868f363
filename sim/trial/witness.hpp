#pragma once
// The world's own record of a trial: what was sent, where packets were dropped and why. Nothing here asks an agent.
#include <array>
#include <cstdint>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "sim/trial/drops.hpp"
#include "sim/trial/network.hpp"
#include "sim/trial/peer_flows.hpp"
#include "sim/trial/reason.hpp"
#include "sim/trial/shared_flows.hpp"

namespace punchlab::trial {

class Witness {
 public:
  explicit Witness(const Topology& topology);

  void on_packet(const PacketEvent& event);
  /// A peer hands a datagram to its socket.
  void on_send(HostId from, const TransportAddress& destination, std::size_t size);
  /// A datagram reached a host's socket.
  void on_delivery(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload);
  /// Bytes of a stream, which only peers and the relay have between them, reached a host.
  void on_stream(Time now, HostId host, Bytes bytes);
  /// Both peers send directly from now on: stops the counts "to direct".
  void freeze() {
    if (!frozen_) lost_before_direct_ = lost_;
    frozen_ = true;
  }

  /// How a datagram from `source` came to a peer: through the relay or not.
  PathKind path_of(const TransportAddress& source) const;
  /// Why the trial stayed without a direct path, from what became of its packets alone.
  Finding finding() const;
  /// Why a trial became direct later than its links allow.
  Finding slow_finding() const;

  std::uint32_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint32_t packets_to_others() const { return to_others_; }
  std::uint32_t lost_data() const { return lost_data_; }
  std::uint64_t trace_hash() const { return hash_; }

 private:
  /// Whether a side may be reached at it: an address of its outermost translator, or its host's; or of the shared
  /// gateways.
  bool is_of(HostId side, const IpAddress& address) const;
  /// The peer whose packets come from `endpoint`.
  std::optional<HostId> owner_of(const TransportAddress& endpoint) const;
  /// For which peer the gateway dropped a packet from outside, or turned back.
  std::optional<HostId> receiver_of(const PacketEvent& event, const packet::View& view) const;
  void on_drop(const PacketEvent& event, const packet::View& view);
  void on_passed(const PacketEvent& event);
  void note_flow(const PacketEvent& event);
  void on_lost(const PacketEvent& event);
  bool was_used_by(HostId side, const TransportAddress& endpoint) const;
  void note_source(HostId side, const TransportAddress& source);
  Finding judge(const Drop& drop) const;
  Finding judge_source(const Drop& drop, HostId sender, Finding finding) const;
  Finding worst_drop(bool also_opened) const;
  Finding crossed_answers() const;

  /// The first packet of its kind that a gateway dropped, and how many.
  struct Count {
    Finding first;
    void add(const PacketEvent& event, const packet::View& view, ReasonCode code);
  };

  const Topology* topology_;
  std::optional<SharedFlows> shared_;
  std::array<std::vector<IpAddress>, 2> public_addresses_;
  std::array<TransportAddress, 2> known_at_relay_{};  ///< a side's flow to the relay as the relay saw it first
  bool frozen_ = false;
  std::uint32_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint32_t to_others_ = 0;
  std::uint32_t lost_data_ = 0;
  std::uint64_t hash_ = 0x9E3779B97F4A7C15ULL;
  PeerFlows flows_;
  Drops drops_;  ///< of packets from the peer, and of the relay's that met no mapping
  static constexpr std::size_t kSources = 16;
  struct Sources {
    std::array<TransportAddress, kSources> known;
    std::size_t count = 0;
  };
  std::array<Sources, 2> sources_;                   ///< what a side's packets were seen to come from
  std::array<TransportAddress, 2> clash_mapping_{};  ///< a side's mapping that a clash made
  Count blocked_, exhausted_, hairpins_;
  Count clashes_;           ///< own packets that could not leave at all
  std::uint32_t lost_ = 0;  ///< packets that are no application data
  std::uint32_t lost_before_direct_ = 0;
  Finding first_loss_;
};

}  // namespace punchlab::trial
