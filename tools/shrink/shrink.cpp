#include "tools/shrink/shrink.hpp"

#include <algorithm>
#include <vector>

#include "scenarios/loader/loader.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/trial/scenario_text.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::shrink {
namespace {

using trial::Cell;

/// Calls `try_it` with `cell` after each single reduction.
class Reductions {
 public:
  explicit Reductions(const Cell& cell) : cell_(cell) {
    for (auto side : {&Cell::client, &Cell::connector}) {
      simplify_chain([side](Cell & c) -> auto& { return (c.*side).nats; });
      simplify_link([side](Cell& c) -> trial::Link& { return (c.*side).access; });
      set(
          [side](Cell & c) -> auto& { return (c.*side).start; }, link::Distribution::constant(0));
    }
    if (cell.shared) simplify_shared();
    simplify_link([](Cell& c) -> trial::Link& { return c.relay; });
    set(
        [](Cell & c) -> auto& { return c.policy; }, policy_presets().front());
    set(
        [](Cell & c) -> auto& { return c.session; }, false);
    set(
        [](Cell & c) -> auto& { return c.traffic.probes; }, std::uint32_t{1});
  }
  std::vector<Cell> take() { return std::move(smaller_); }

 private:
  template <class Part, class T>
  void set(Part part, const T& value) {
    Cell smaller = cell_;
    if (part(smaller) == value) return;
    part(smaller) = value;
    smaller_.push_back(std::move(smaller));
  }

  void simplify_shared() {
    Cell smaller = cell_;
    smaller.shared.reset();
    smaller_.push_back(std::move(smaller));
    simplify_chain([](Cell & c) -> auto& { return c.shared->nats; });
    simplify_link([](Cell& c) -> trial::Link& { return c.shared->access; });
  }

  /// `chain` gives a chain of a cell. A reduction that leaves a shared one empty is none that a file may say.
  template <class Chain>
  void simplify_chain(Chain chain) {
    Cell whole = cell_;
    const auto gateways = chain(whole).size();
    for (std::size_t g = 0; g < gateways; ++g) {
      Cell smaller = cell_;
      chain(smaller).erase(chain(smaller).begin() + static_cast<std::ptrdiff_t>(g));
      smaller_.push_back(std::move(smaller));
    }
    for (std::size_t g = 0; g < gateways; ++g) simplify_gateway(chain, g);
  }

  template <class Chain>
  void simplify_gateway(Chain chain, std::size_t g) {
    const nat::Profile usual;
    const auto axis = [&](auto member) {
      set(
          [=](Cell & c) -> auto& { return chain(c)[g].*member; }, usual.*member);
    };
    using P = nat::Profile;
    axis(&P::udp_blocked), axis(&P::tcp), axis(&P::unsolicited_creates_state), axis(&P::unsolicited), axis(&P::refresh),
        axis(&P::timers);
    axis(&P::max_mappings), axis(&P::max_mappings_per_host), axis(&P::hairpinning), axis(&P::port_parity),
        axis(&P::block_size);
    axis(&P::ports), axis(&P::pooling), axis(&P::addresses), axis(&P::on_collision), axis(&P::port_allocation);
    axis(&P::translates), axis(&P::mapping);
    set(
        [=](Cell & c) -> auto& { return chain(c)[g].filtering; }, nat::Dependence::endpoint_independent);
  }

  template <class Part>
  void simplify_link(Part part) {
    const trial::Link usual;
    const auto field = [&](auto member) {
      set(
          [=](Cell & c) -> auto& { return part(c).*member; }, usual.*member);
    };
    using L = trial::Link;
    field(&L::loss), field(&L::jitter), field(&L::bandwidth), field(&L::up_bandwidth), field(&L::up_latency),
        field(&L::latency);
    field(&L::queue);
  }

  const Cell& cell_;
  std::vector<Cell> smaller_;
};

class Shrinker {
 public:
  Shrinker(std::uint64_t seed, const Fails& fails, const ShrinkLimits& limits)
      : seed_(seed), fails_(fails), limits_(limits), identities_(seed), world_(memory::make_memory_world()) {}

  /// The cell as a file that fails; nothing when it does not.
  std::optional<Shrunk> attempt(const Cell& cell) {
    Shrunk shrunk;
    shrunk.scenario = trial::scenario_text(cell, "shrunk", seed_, limits_.trials);
    const auto loaded = loader::load(
        loader::Texts{"shrunk.yaml", shrunk.scenario, {{"nats/open.yaml", "name: open\ngateway: none\n"}}});
    if (!std::holds_alternative<trial::Plan>(loaded)) return std::nullopt;  // a reduction that no file may say
    shrunk.cell = std::get<trial::Plan>(loaded).cells.front();
    for (std::uint64_t i = 0; i < limits_.trials; ++i) {
      const auto topology = trial::draw_topology(shrunk.cell, seed_, i);
      trial::Trial trial(shrunk.cell, topology, identities_, seed_, i);
      shrunk.record = trial.record(world_->run(topology, trial, trial.until(), {}));
      if (fails_(shrunk.cell, shrunk.record)) return shrunk;
    }
    return std::nullopt;
  }

  std::optional<Shrunk> run(const Cell& cell) {
    auto smallest = attempt(cell);
    for (bool smaller = smallest.has_value(); smaller;) smaller = reduce(*smallest);
    return smallest;
  }

 private:
  /// One reduction, if there is one that still fails.
  bool reduce(Shrunk& now) {
    for (const auto& candidate : Reductions(now.cell).take()) {
      auto next = attempt(candidate);
      if (!next) continue;
      next->steps = now.steps + 1;
      now = std::move(*next);
      return true;
    }
    return false;
  }

  std::uint64_t seed_;
  const Fails& fails_;
  ShrinkLimits limits_;
  trial::Identities identities_;
  std::unique_ptr<trial::World> world_;
};

}  // namespace

std::optional<Shrunk> shrink(const Cell& cell, std::uint64_t seed, const Fails& fails, const ShrinkLimits& limits) {
  return Shrinker(seed, fails, limits).run(cell);
}

}  // namespace punchlab::shrink
