#include "tools/runner/schedule.hpp"

#include <algorithm>

namespace punchlab::runner {

Item Schedule::operator[](std::size_t position) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), position,
                                      [](std::size_t p, const Range& range) { return p < range.position; });
  const auto& range = *std::prev(after);
  return {range.first.cell, range.first.trial + (position - range.position)};
}

void Schedule::add(Item item) {
  const auto follows = [&](const Range& range) {
    return range.first.cell == item.cell && range.first.trial + (size_ - range.position) == item.trial;
  };
  if (ranges_.empty() || !follows(ranges_.back())) ranges_.push_back({size_, item});
  ++size_;
}

Schedule schedule(const trial::Plan& plan, const std::function<std::vector<bool>(std::size_t)>& done,
                  const ScheduleOptions& options) {
  Schedule items(options.chunk);
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    const auto finished = done(c);
    const auto trials = plan.cells[c].trials;
    const auto from = options.only.value_or(0);
    const auto to = options.only ? std::min(trials, *options.only + 1) : trials;
    for (auto t = from; t < to; ++t)
      if (t >= finished.size() || !finished[t]) items.add({static_cast<std::uint32_t>(c), t});
  }
  return items;
}

}  // namespace punchlab::runner
