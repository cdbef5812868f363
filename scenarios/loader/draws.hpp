#pragma once
// How many trials each pair of NATs gets: `trials` each, or what a population's draw gives it.
#include "scenarios/loader/side_section.hpp"

namespace punchlab::loader {

/// Counts for every pair of a client NAT and a connector NAT.
class Draws {
 public:
  /// With one population, `trials` sides are drawn for each NAT of the other side; with two, `trials` pairs in all.
  /// Depends on the seed, the labels and the weights only: policies and links share the draw.
  Draws(std::uint64_t seed, std::uint64_t trials, const SideChoices& client, const SideChoices& connector);

  std::uint64_t trials_of(std::size_t client_nat, std::size_t connector_nat) const {
    return counts_[client_nat * connector_nats_ + connector_nat];
  }

 private:
  std::size_t connector_nats_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace punchlab::loader
