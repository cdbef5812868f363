#pragma once
// `expect`: rules about cells, with the cells still unresolved.
#include "scenarios/loader/value.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::loader {

/// Names that a rule accepts, or with `negated` refuses. Without names it accepts all.
struct Selector {
  bool negated = false;
  std::vector<std::string> names;
  bool accepts(const std::vector<std::string>& labels) const;
};

/// One quantity over the cells that all selectors accept.
struct Rule {
  Selector client;     ///< against `side_labels`
  Selector connector;  ///< the same
  Selector shared;     ///< against `shared_labels`
  Selector policy;
  Selector link;  ///< against the access links of both sides, and of the shared network
  Selector relay;
  trial::Expectation expectation;  ///< all but its cells
  Value where;
};

/// The names that a scenario's cells bear; anything else in a rule is a mistake.
struct Labels {
  std::vector<std::string> client;
  std::vector<std::string> connector;
  std::vector<std::string> shared;
  std::vector<std::string> policy;
  std::vector<std::string> link;
  std::vector<std::string> relay;
};

/// "nat" and, when the link has a name, "nat/link". With an agent, "agent:nat" in their place, "agent" and "nat".
std::vector<std::string> side_labels(const trial::Side& side);

std::vector<Rule> read_rules(const Value& value, const Labels& labels);

}  // namespace punchlab::loader
