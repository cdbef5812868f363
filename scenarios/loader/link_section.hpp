#pragma once
// `access` and `relay`: links and lists of named links.
#include "scenarios/loader/value.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::loader {

/// A link of one side, or a list of them, each with a name of its own.
std::vector<trial::Link> read_links(const Value& value);

/// A relay's link, and how much farther (seconds, one way) each side is from the core when the relay stands there.
struct RelayPlace {
  trial::Link link;
  double client_distance = 0;
  double connector_distance = 0;
  trial::RelayServer server = trial::RelayServer::punchlab;
};

std::vector<RelayPlace> read_relays(const Value& value);

/// `latency` and `up_latency` longer by `seconds`; nothing when the distribution cannot be shifted.
std::optional<trial::Link> farther(const trial::Link& link, double seconds);

}  // namespace punchlab::loader
