#pragma once
// Two peers behind their gateways doing what ICE does, without time: rounds of checks until nothing new can happen.
#include <algorithm>
#include <array>
#include <vector>

#include "sim/oracle/gate.hpp"

namespace punchlab::oracle {

/// Rounds after which a run that has not succeeded never will; a test doubles it.
inline constexpr int kRounds = 5;

/// Both peers' gateways from the host outwards, and those that they share, which both own chains end at.
struct Chains {
  const nat::Chain& client;
  const nat::Chain& connector;
  const nat::Chain& shared;
};

/// Which addresses a peer's checks go to at first.
struct Candidates {
  bool reflexive = true;
  bool host = false;
};

class Encounter {
 public:
  Encounter(const Chains& chains, const Candidates& candidates, Choices& choices);

  struct Result {
    bool relay_reached = false;  ///< by both
    bool direct = false;
    std::array<Obstacle, 2> obstacles{Obstacle::none, Obstacle::none};  ///< client, connector
  };
  Result run(int rounds = kRounds);

 private:
  struct Peer {
    Endpoint host;
    std::vector<Gate> gates;  ///< from the host outwards
    std::vector<Endpoint>
        usual;  ///< how the relay's packets are seen: beyond the own gates, then beyond each shared one
    std::vector<Endpoint> remotes;  ///< candidates of the other peer: what it starts with, then peer-reflexive
    bool varies = false;            ///< it was seen as something else than usual

    Endpoint reflexive() const { return usual.back(); }
    /// Whether packets to this address reach its outermost gate, or itself.
    bool stands_at(int address) const;
    bool translated() const {
      return std::any_of(gates.begin(), gates.end(), [](const Gate& g) { return g.translates(); });
    }
  };
  /// Under way beyond the sender's own gates.
  struct Check {
    std::size_t sender;
    Endpoint source, destination;
    std::optional<std::size_t> turns_at;  ///< at this shared gate; else it stays in the network that it has come to
  };
  /// At a peer, as it sees the packet.
  struct Arrival {
    std::size_t peer;
    Endpoint source;
  };

  Peer make_peer(const nat::Chain& chain);
  bool gather(std::size_t peer);
  void exchange_candidates();
  bool round(std::size_t order);
  std::vector<Check> send_checks(std::size_t sender);
  bool deliver(const std::vector<Check>& checks);
  bool answer(const Check& check);
  std::optional<Endpoint> leave(Peer& peer, Endpoint destination);
  std::optional<Check> depart(std::size_t sender, Endpoint destination);
  std::optional<Arrival> arrive(const Check& check);
  std::optional<Arrival> turn_back(std::size_t gate, std::size_t sender, Endpoint source, Endpoint destination);
  std::optional<std::size_t> standing_at(int address) const;
  std::optional<Arrival> hand_over(std::size_t peer, Endpoint source, Endpoint destination);
  bool enter(Peer& peer, Endpoint source, Endpoint destination);
  void note(Peer& peer, std::size_t stage, Endpoint seen);
  Obstacle obstacle_of(const Peer& peer) const;

  Run run_;
  Endpoint relay_;
  Candidates candidates_;
  bool order_matters_ = false;
  std::array<Peer, 2> peers_;
  std::vector<Gate> shared_;  ///< from the peers outwards
};

}  // namespace punchlab::oracle
