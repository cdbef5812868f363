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
  std::optional<Table> before, after;  ///< of the gateway that judged the packet; nothing of one that hides its table
  std::optional<trial::PacketEvent::Mapped> mapped;
  friend bool operator==(const Event&, const Event&) = default;
};

/// One trial, written down as it ran.
struct Recording {
  trial::Cell cell;
  trial::Topology topology;
  std::uint64_t seed = 0;
  results::TrialRecord record;
  trial::Finding finding;  ///< why it is not direct, or slow
  std::vector<trial::Trial::PathChange> path_changes;
  Time origin;  ///< start of the later side, from which measured times count
  std::vector<Event> events;
  std::uint64_t left_out = 0;  ///< further events that were not kept
};

struct RecordOptions {
  trial::WorldOptions world{};
  trial::RelayHost* relay = nullptr;                ///< as trial::Trial takes it
  std::size_t most = static_cast<std::size_t>(-1);  ///< bytes of events that are kept, as they are in memory
};

/// Runs trial `index` of `cell` in `world`.
Recording record(trial::World& world, const trial::Cell& cell, const trial::Identities& identities, std::uint64_t seed,
                 std::uint64_t index, const RecordOptions& options = {});

/// By time, each packet's in the order in which they happened: worlds in real time may tell of them late.
void sort_events(Recording& recording);

}  // namespace punchlab::explain
