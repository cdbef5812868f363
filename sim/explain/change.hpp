#pragma once
// One thing about a cell that could be otherwise: what a counterfactual changes.
#include <string>
#include <vector>

#include "sim/trial/plan.hpp"
#include "sim/trial/topology.hpp"

namespace punchlab::explain {

struct Change {
  enum class Kind : std::uint8_t {
    udp_allowed,
    mapping,        ///< to `value`, a nat::Dependence
    filtering,      ///< to `value`, a nat::Dependence
    port_kept,      ///< port allocation: preserve
    one_address,    ///< pooling: paired, on one address
    limits_lifted,  ///< mappings, ports, collisions
    hairpinning,
    longer_timers,
    input_dropped,  ///< unsolicited packets leave no state: an INPUT drop rule
    no_start_skew,  ///< both sides start at once, and check at once
    no_loss,        ///< on any link
    longer_timeout,
    policy,     ///< the preset number `value`
    technique,  ///< the technique number `value` on
  };
  Kind kind = Kind::mapping;
  trial::HostId side = trial::HostId::client;  ///< of the gateway kinds
  std::uint8_t gateway = 0;
  std::uint8_t value = 0;
  int steps = 1;  ///< how large the change is: two for a mapping that skips address-dependent
  friend bool operator==(const Change&, const Change&) = default;

  /// Changes of the same thing exclude each other.
  bool same_thing(const Change& other) const {
    return kind == other.kind && side == other.side && gateway == other.gateway;
  }
};

/// Everything that could be more permissive, or otherwise, in `cell`; smaller changes first. Each gateway axis one step
/// and, where there are two, both.
std::vector<Change> changes_of(const trial::Cell& cell);
/// `cell` with it. World and index stay: the same trial draws the same.
trial::Cell with(trial::Cell cell, const Change& change);
/// In words that fit any cell: "client NAT 1: mapping endpoint-independent", "no loss on any link".
std::string name_of(const Change& change);

}  // namespace punchlab::explain
