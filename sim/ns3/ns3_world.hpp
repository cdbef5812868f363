#pragma once
// The ns-3 world: simulated nodes with ns-3's own IPv4, UDP, devices, channels and queues; the same gateways
// (nat::NatBox) stand in its routers' forwarding path. This header includes nothing of ns-3.
#include <memory>

#include "sim/trial/network.hpp"

namespace punchlab::sim_ns3 {

/// IPv4 only: `run` throws std::invalid_argument for hosts with IPv6 addresses.
/// ns-3 is one simulation per process: of several worlds alive, only one may run at a time, and none on a second
/// thread.
std::unique_ptr<trial::World> make_ns3_world();

}  // namespace punchlab::sim_ns3
