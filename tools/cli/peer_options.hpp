#pragma once
// What `punchlab listen` and `punchlab connect` have in common: where the relay is, who we are, whom we meet.
#include <string>
#include <vector>

#include "net/peer/relay_finder.hpp"
#include "protocol/agent/config.hpp"
#include "tools/cli/command.hpp"

namespace punchlab::cli {

struct PeerOptions {
  std::vector<net::RelayWay> ways;       ///< to the relay, in the order of trial
  std::vector<TransportAddress> relays;  ///< where it takes UDP, at most one address of each family
  Policy policy;
  session::Identity identity{session::KeyPair{}};
  agent::Config agent;  ///< `policy` and `identity` are set by `agent_config`
  bool json = false;

  /// Complete, for a relay that is reached by `way`; it points into this object.
  agent::Config agent_config(const net::RelayWay& way) const;
};

/// Adds the common options to those of a command.
void add_peer_options(boost::program_options::options_description& options);
/// Reads what `add_peer_options` added. Throws CommandError.
PeerOptions read_peer_options(const boost::program_options::variables_map& values, agent::Role role);

}  // namespace punchlab::cli
