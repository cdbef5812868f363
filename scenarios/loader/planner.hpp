#pragma once
// From a checked scenario to cells: every policy x relay x shared network x client x connector.
#include "scenarios/loader/expect_section.hpp"
#include "scenarios/loader/link_section.hpp"
#include "scenarios/loader/side_section.hpp"

namespace punchlab::loader {

/// A scenario file as values, all names resolved.
struct Scenario {
  std::string name;
  std::string title;
  std::uint64_t seed = 1;
  std::uint64_t trials = 100;
  Duration timeout = std::chrono::seconds{15};
  std::vector<Policy> policies;
  std::vector<RelayPlace> relays;
  SideChoices client;
  SideChoices connector;
  std::vector<std::optional<trial::Shared>> shared{std::nullopt};  ///< alternatives; nothing: none
  trial::Traffic traffic;
  bool session = true;
  std::vector<Rule> rules;
};

/// Which part of the grid the command line wants.
struct Wanted {
  Selector client;
  Selector connector;
  Selector shared;
  Selector policy;
  bool whole_grid = false;  ///< cells without a drawn trial too
};

/// Why the grid is too large; empty when it is not.
std::string too_large(const Scenario& scenario);

/// The names that the scenario's cells bear.
Labels labels_of(const Scenario& scenario);

/// Cells and expectations; a rule that no cell of the whole grid matches fails at its place.
void make_plan(const Scenario& scenario, const Wanted& wanted, trial::Plan& plan);

}  // namespace punchlab::loader
