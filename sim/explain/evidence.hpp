#pragma once
// What a recording shows beside its finding, so that the sentence about it claims nothing that the packets do not.
#include <optional>

#include "sim/explain/recording.hpp"

namespace punchlab::explain {

/// A gateway by its place in a chain.
struct GatewayPlace {
  trial::HostId side = trial::HostId::client;
  std::size_t gateway = 0;
  friend bool operator==(const GatewayPlace&, const GatewayPlace&) = default;
};

/// On the way out of `side`, its own gateways first and then shared ones: the one that at one moment showed one of its
/// inside endpoints at two outside. Nothing when none did, or when it hides its table.
std::optional<GatewayPlace> varying_gateway(const Recording& recording, trial::HostId side);

/// When the receiver of dropped packets had last sent to where they came from, by the gateway and the endpoint that
/// they were dropped at, before the last of them.
struct LastSent {
  std::optional<Time> to_port;
  std::optional<Time> to_address;  ///< to whichever port
};
LastSent last_sent(const Recording& recording, const trial::Finding& finding);

}  // namespace punchlab::explain
