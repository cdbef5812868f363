#pragma once
// How many trials each pair of NATs gets: `trials` each, or what a population's draw gives it.
#include <optional>

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
  /// The number of the draw that a pair came from: 0 when pairs are drawn, that of the other side's NAT when one side
  /// is; nothing without a population.
  std::optional<std::uint32_t> draw_of(std::size_t client_nat, std::size_t connector_nat) const {
    if (!client_drawn_ && !connector_drawn_) return std::nullopt;
    return static_cast<std::uint32_t>((client_drawn_ ? 0 : client_nat) + (connector_drawn_ ? 0 : connector_nat));
  }

 private:
  std::size_t connector_nats_;
  bool client_drawn_;
  bool connector_drawn_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace punchlab::loader
