#pragma once
// The plan of a run: what the scenario loader makes and every world consumes. Plain values; names are already resolved.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/policy/policy.hpp"
#include "results/record/record.hpp"
#include "sim/link/distribution.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::trial {

/// The medium of an access link. All but `wire` need ns-3's own models.
enum class Medium : std::uint8_t { wire, wifi, bottleneck };

/// One access link, both directions alike unless an `up_` value is given. Durations are one-way.
struct Link {
  std::string name;  ///< of the variant in the scenario; empty when there is only one
  link::Distribution latency = link::Distribution::constant(0.010);  ///< seconds, drawn once per trial
  std::optional<link::Distribution> up_latency;                      ///< towards the internet, when different
  link::Distribution jitter = link::Distribution::constant(0);       ///< seconds, added per packet; order is kept
  double loss = 0;                                                   ///< probability per packet, 0-1
  std::optional<std::uint64_t> bandwidth;                            ///< bit/s; nothing: link::kPlainBandwidth
  std::optional<std::uint64_t> up_bandwidth;                         ///< bit/s towards the internet
  std::uint32_t queue = 1000;                                        ///< packets
  Medium medium = Medium::wire;
  std::uint64_t cross_traffic = 0;  ///< bit/s through the same bottleneck
};

/// Whose ICE agent takes a side, as a program under the driver contract (docs/agents.md); sockets backend only.
struct AgentChoice {
  std::string name;     ///< empty: our own core, which the world drives itself
  std::string options;  ///< handed to the driver as --opt
};

/// Who serves STUN and TURN to such agents.
enum class RelayServer : std::uint8_t { punchlab, coturn };

struct Side {
  std::string nat_name;  ///< as the matrix labels it: with an agent, "agent:nat"
  nat::Chain nats;       ///< from the host outwards
  Link access;
  link::Distribution start = link::Distribution::constant(0);  ///< seconds after the trial's origin
  AgentChoice agent{};
};

/// The network that both peers stand in, behind gateways of its own: a home, or the customers of one carrier. The
/// sides' own chains, and then their access links, end in it.
struct Shared {
  std::string nat_name;  ///< as results label it
  nat::Chain nats;       ///< from the peers outwards
  Link access;           ///< from the outermost of them to the core
};

struct Traffic {
  std::uint32_t probes = 20;
  Duration interval = std::chrono::milliseconds{100};
  std::uint32_t size = 200;  ///< bytes of application data per probe, 32-1200
};

struct Cell {
  std::uint32_t index = 0;  ///< in the whole grid of the scenario, whatever part of it is run
  std::uint64_t world = 0;  ///< key of the cell's randomness, equal for cells that differ in policy only
  Side client;
  Side connector;
  std::optional<Shared> shared;  ///< nothing: each side has its own way to the core
  Link relay;
  RelayServer relay_server = RelayServer::punchlab;
  Policy policy;
  Traffic traffic;
  Duration timeout = std::chrono::seconds{15};
  bool session = true;  ///< false: no Noise, plaintext (benchmarks only)
  std::uint64_t trials = 0;
  /// Cells of one policy and link with the same number share one draw from a population; nothing: `trials` are as many
  /// as the scenario says.
  std::optional<std::uint32_t> draw;
};

/// Both sides are programs of their own; a plan has such cells only, or none.
inline bool has_agents(const Cell& cell) { return !cell.client.agent.name.empty(); }

/// False when a link of `cell` needs ns-3's own models.
inline bool has_only_wires(const Cell& cell) {
  return cell.client.access.medium == Medium::wire && cell.connector.access.medium == Medium::wire &&
         cell.relay.medium == Medium::wire && (!cell.shared || cell.shared->access.medium == Medium::wire);
}

/// One expectation of the scenario: over the matched cells, `quantity` lies within [low, high].
struct Expectation {
  enum class Quantity : std::uint8_t {
    direct,
    relayed,
    failed,
    time_to_direct_p50,
    time_to_direct_p95,
    added_latency_p50
  };
  Quantity quantity = Quantity::direct;
  std::vector<std::uint32_t> cells;  ///< by Cell::index
  bool pooled = false;               ///< one value over all their trials instead of each cell for itself
  double low = 0;                    ///< rate 0-1, or milliseconds
  double high = 0;
  int line = 0;      ///< in the scenario file
  std::string text;  ///< as written, for messages
};

/// A preset or population that a scenario used, whole.
struct PresetText {
  std::string name;  ///< "nats/cgn.yaml"
  std::string text;
  friend bool operator==(const PresetText&, const PresetText&) = default;
};

struct Plan {
  std::string name;
  std::string title;
  std::uint64_t seed = 1;
  std::vector<Cell> cells;
  std::vector<Expectation> expectations;
  std::string scenario_path;
  std::string scenario_text;
  std::vector<PresetText> presets;  ///< that the scenario named, by name
};

}  // namespace punchlab::trial
