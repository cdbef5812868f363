#pragma once
// Which trials are to be run, and by which worker. Results never depend on either.
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/trial/plan.hpp"

namespace punchlab::runner {

/// One trial of the plan: `cell` counts in `Plan::cells`, not by Cell::index.
struct Item {
  std::uint32_t cell = 0;
  std::uint64_t trial = 0;
  friend bool operator==(const Item&, const Item&) = default;
};

/// Every trial of the plan that `done(cell position)` does not mark, in the plan's order. An element past the end of
/// what `done` returns counts as not done.
std::vector<Item> schedule(const trial::Plan& plan, const std::function<std::vector<bool>(std::size_t)>& done);

/// Neighbouring trials go to one worker in chunks of this many: topologies of one shape follow each other, and the work
/// still spreads evenly.
inline constexpr std::size_t kChunk = 8;

/// True when item `position` of the schedule is for `worker` of `workers`.
constexpr bool is_for(std::size_t position, std::size_t worker, std::size_t workers) {
  return position / kChunk % workers == worker;
}

}  // namespace punchlab::runner
