#include "scenarios/loader/draws.hpp"

#include <algorithm>

#include "protocol/base/rng.hpp"

namespace punchlab::loader {
namespace {

/// Draws a NAT's number from a population.
class Wheel {
 public:
  explicit Wheel(const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) ends_.push_back(sum += weight);
  }
  std::size_t turn(Rng& rng) const {
    // Scaled by the last end, which rounding may leave beside 1: no draw falls off, and no share of 0 is ever drawn.
    const auto found = std::upper_bound(ends_.begin(), ends_.end(), rng.uniform() * ends_.back());
    return static_cast<std::size_t>(found - ends_.begin());
  }

 private:
  std::vector<double> ends_;
};

std::vector<std::string> nat_names(const SideChoices& side) {
  std::vector<std::string> names(side.nats);
  for (const auto& variant : side.variants) names[variant.nat] = variant.side.nat_name;
  return names;
}

SeededRng stream(std::uint64_t seed, std::string_view opposite) {
  return SeededRng{RngKey{seed, purpose_of(opposite), 0, purpose_of("population")}};
}

}  // namespace

Draws::Draws(std::uint64_t seed, std::uint64_t trials, const SideChoices& client, const SideChoices& connector)
    : connector_nats_(connector.nats),
      client_drawn_(!client.weights.empty()),
      connector_drawn_(!connector.weights.empty()),
      counts_(client.nats * connector.nats, trials) {
  if (!client_drawn_ && !connector_drawn_) return;
  std::fill(counts_.begin(), counts_.end(), 0);
  const Wheel clients{client.weights};
  const Wheel connectors{connector.weights};
  const auto draw = [&](SeededRng rng, auto&& client_nat, auto&& connector_nat) {
    for (std::uint64_t i = 0; i < trials; ++i) {
      const std::size_t row = client_nat(rng);
      ++counts_[row * connector_nats_ + connector_nat(rng)];
    }
  };
  const auto from = [](const Wheel& wheel) { return [&wheel](Rng& rng) { return wheel.turn(rng); }; };
  const auto always = [](std::size_t nat) { return [nat](Rng&) { return nat; }; };
  const bool both = client_drawn_ && connector_drawn_;
  if (both) draw(stream(seed, ""), from(clients), from(connectors));
  const auto names = both ? std::vector<std::string>{} : nat_names(client_drawn_ ? connector : client);
  for (std::size_t fixed = 0; fixed < names.size(); ++fixed) {
    if (!client_drawn_)
      draw(stream(seed, names[fixed]), always(fixed), from(connectors));
    else
      draw(stream(seed, names[fixed]), from(clients), always(fixed));
  }
}

}  // namespace punchlab::loader
