#include "tools/runner/schedule.hpp"

namespace punchlab::runner {

std::vector<Item> schedule(const trial::Plan& plan, const std::function<std::vector<bool>(std::size_t)>& done) {
  std::vector<Item> items;
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    const auto finished = done(c);
    for (std::uint64_t t = 0; t < plan.cells[c].trials; ++t)
      if (t >= finished.size() || !finished[t]) items.push_back({static_cast<std::uint32_t>(c), t});
  }
  return items;
}

}  // namespace punchlab::runner
