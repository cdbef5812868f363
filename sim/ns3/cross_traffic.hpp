#pragma once
// Other people's traffic through a bottleneck: ns-3's on-off sources in both directions, each with exponential bursts
// and pauses of 100 ms on average, so that the queue sees all loads between none and twice the average.
#include <cstdint>

#include "sim/ns3/access_relay.hpp"
#include "sim/ns3/core_router.hpp"

namespace punchlab::sim_ns3 {

/// The benchmarking prefix (RFC 2544): no host of a trial has an address in it.
inline bool is_cross_traffic(Bytes ipv4_packet) { return ipv4_packet[12] == 198 && (ipv4_packet[13] & 0xFE) == 18; }

/// Builds hosts beside both ends of the bottleneck of `side`, and starts sending at once. `rate`: average in bit/s each
/// way. `outer`: the end of the bottleneck at the core. Takes random streams from `first_stream` on.
void add_cross_traffic(trial::HostId side, std::uint64_t rate, ns3::Ptr<ns3::Node> head, AccessRelay& head_router,
                       ns3::Ptr<ns3::Node> core, CoreRouter& core_router, ns3::Ptr<ns3::NetDevice> outer,
                       std::int64_t first_stream);

}  // namespace punchlab::sim_ns3
