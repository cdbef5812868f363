#pragma once
// What stands between two links of the lab as a router: NatBox, or something real that is put in its place.
#include <memory>

#include "sim/nat/nat_box.hpp"
#include "sim/trial/topology.hpp"

namespace punchlab::lab {

class Gateway {
 public:
  virtual ~Gateway() = default;
  /// Judges one whole IPv4 packet that comes in on `from` and rewrites it in place as it leaves, TTL included. `reply`
  /// (at least packet::kLargestIcmpError bytes) takes what goes back to where the packet came from.
  virtual nat::Verdict route(Time now, nat::From from, MutableBytes packet, MutableBytes reply) = 0;
  /// Its table, for explanation; null when it hides that.
  virtual const nat::NatBox* table() const { return nullptr; }
};

/// A source of gateways that are not NatBox.
class GatewayMaker {
 public:
  virtual ~GatewayMaker() = default;
  /// Gateway `index` of `host`, which is `side`'s, as new; null where NatBox is to stand. It lives as long as the maker,
  /// and until the next call for the same place.
  virtual Gateway* install(trial::HostId side, const trial::HostSpec& host, std::size_t index) = 0;
};

/// NatBox as a router.
std::unique_ptr<Gateway> make_nat_box_gateway(const trial::GatewaySpec& spec);

}  // namespace punchlab::lab
