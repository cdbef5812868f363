#include "net/tunnel/interval_set.hpp"

#include <algorithm>

namespace punchlab::tunnel {

void IntervalSet::add(Interval range) {
  if (range.begin >= range.end) return;
  const auto first = std::find_if(ranges_.begin(), ranges_.end(), [&](const Interval& r) { return r.end >= range.begin; });
  auto last = first;
  for (; last != ranges_.end() && last->begin <= range.end; ++last) {
    range.begin = std::min(range.begin, last->begin);
    range.end = std::max(range.end, last->end);
  }
  ranges_.insert(ranges_.erase(first, last), range);
}

void IntervalSet::remove(Interval range) {
  if (range.begin >= range.end) return;
  std::vector<Interval> kept;
  kept.reserve(ranges_.size() + 1);
  for (const auto& r : ranges_) {
    if (r.begin < range.begin) kept.push_back({r.begin, std::min(r.end, range.begin)});
    if (r.end > range.end) kept.push_back({std::max(r.begin, range.end), r.end});
  }
  ranges_ = std::move(kept);
}

bool IntervalSet::contains(std::uint64_t number) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Interval& r) { return r.begin <= number && number < r.end; });
}

}  // namespace punchlab::tunnel
