#pragma once
// A set of numbers as few sorted, disjoint ranges: which packets came, which bytes are there.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace punchlab::tunnel {

/// All numbers from `begin` up to but not including `end`.
struct Interval {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

class IntervalSet {
 public:
  /// Adds `range`, joined with what it touches. An empty one changes nothing.
  void add(Interval range);
  /// Takes `range` out.
  void remove(Interval range);
  bool contains(std::uint64_t number) const;
  bool empty() const { return ranges_.empty(); }
  /// Ascending, with a gap between each two.
  const std::vector<Interval>& ranges() const { return ranges_; }

 private:
  std::vector<Interval> ranges_;
};

}  // namespace punchlab::tunnel
