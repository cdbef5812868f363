#pragma once
// Two peers behind their gateways doing what ICE does, without time: rounds of checks until nothing new can happen.
#include <array>
#include <vector>

#include "sim/oracle/gate.hpp"

namespace punchlab::oracle {

/// Rounds after which a run that has not succeeded never will; a test doubles it.
inline constexpr int kRounds = 5;

class Encounter {
 public:
  Encounter(const nat::Chain& client, const nat::Chain& connector, Choices& choices);

  struct Result {
    bool relay_reached = false;  ///< by both
    bool direct = false;
    std::array<Obstacle, 2> obstacles{Obstacle::none, Obstacle::none};  ///< client, connector
  };
  Result run(int rounds = kRounds);

 private:
  struct Peer {
    Endpoint host;
    std::vector<Gate> gates;       ///< from the host outwards
    Endpoint reflexive;            ///< what the relay sees
    std::vector<Endpoint> remotes; ///< candidates of the other peer: server-reflexive, then peer-reflexive
    bool varies = false;           ///< it was seen as something else than `reflexive`
  };
  struct Check {
    std::size_t sender;
    Endpoint source, destination;
  };

  Peer make_peer(const nat::Chain& chain);
  bool gather(Peer& peer);
  bool round(std::size_t order);
  std::vector<Check> send_checks(std::size_t sender);
  bool deliver(const std::vector<Check>& checks);
  bool answer(const Check& check);
  std::optional<Endpoint> leave(Peer& peer, Endpoint destination);
  bool enter(Peer& peer, Endpoint source, Endpoint destination);
  Obstacle obstacle_of(const Peer& peer) const;

  Run run_;
  Endpoint relay_;
  bool order_matters_ = false;
  std::array<Peer, 2> peers_;
};

}  // namespace punchlab::oracle
