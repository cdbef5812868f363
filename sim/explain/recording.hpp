#pragma once
// A trial with everything that became of its packets, and every gateway's table before and after.
#include <array>
#include <optional>
#include <vector>

#include "sim/trial/trial.hpp"

namespace punchlab::explain {

/// What a gateway remembers at some moment, expired entries left out.
struct Table {
  std::vector<nat::NatBox::Mapping> mappings;
  std::vector<nat::NatBox::Occupied> occupied;
  friend bool operator==(const Table&, const Table&) = default;
};

/// A trial::PacketEvent that owns its packet.
struct Event {
  trial::PacketEvent::Kind kind = trial::PacketEvent::Kind::sent;
  Time at;
  trial::HostId side = trial::HostId::client;
  std::uint8_t gateway = 0;
  nat::Reason reason = nat::Reason::translated;
  std::vector<std::uint8_t> packet;
  std::optional<Table> before, after;  ///< of the gateway that judged the packet
  std::optional<trial::PacketEvent::Mapped> mapped;
};

/// One trial, run once more and written down.
struct Recording {
  trial::Cell cell;
  trial::Topology topology;
  std::uint64_t seed = 0;
  results::TrialRecord record;
  trial::Finding finding;  ///< why it is not direct, or slow
  std::vector<trial::Trial::PathChange> path_changes;
  Time origin;  ///< start of the later side, from which measured times count
  std::vector<Event> events;
};

/// Runs trial `index` of `cell` in `world`.
Recording record(trial::World& world, const trial::Cell& cell, const trial::Identities& identities, std::uint64_t seed,
                 std::uint64_t index);

}  // namespace punchlab::explain
