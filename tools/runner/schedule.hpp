#pragma once
// Which trials are to be run, and by which worker. Results never depend on either.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/trial/plan.hpp"

namespace punchlab::runner {

/// One trial of the plan: `cell` counts in `Plan::cells`, not by Cell::index.
struct Item {
  std::uint32_t cell = 0;
  std::uint64_t trial = 0;
  friend bool operator==(const Item&, const Item&) = default;
};

struct ScheduleOptions {
  std::size_t chunk = 8;                ///< neighbouring trials that go to one worker together, 1 or more
  std::optional<std::uint64_t> only{};  ///< this trial of each cell and no other
};

/// An ordered set of trials, kept as ranges: its memory grows with the cells and the gaps in what is done, not with the
/// trials.
class Schedule {
 public:
  /// Of trials in chunks of `chunk`, none yet.
  explicit Schedule(std::size_t chunk = ScheduleOptions{}.chunk) : chunk_(chunk) {}
  /// Puts the trial at the end. Trials of one cell that follow each other share a range.
  void add(Item item);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Of `position` < size().
  Item operator[](std::size_t position) const;

  /// How many workers can have something to do.
  std::size_t chunks() const { return (size_ + chunk_ - 1) / chunk_; }
  /// How many ranges are kept.
  std::size_t ranges() const { return ranges_.size(); }
  /// True when the item at `position` is for `worker` of `workers`. Chunks are dealt in turn, so that the work spreads
  /// evenly and topologies of one shape still follow each other.
  bool is_for(std::size_t position, std::size_t worker, std::size_t workers) const {
    return position / chunk_ % workers == worker;
  }

 private:
  struct Range {
    std::size_t position = 0;  ///< of its first item
    Item first;
  };
  std::size_t chunk_ = 1;
  std::size_t size_ = 0;
  std::vector<Range> ranges_;
};

/// Every trial of the plan that `done(cell position)` does not mark, in the plan's order. An element past the end of
/// what `done` returns counts as not done.
Schedule schedule(const trial::Plan& plan, const std::function<std::vector<bool>(std::size_t)>& done,
                  const ScheduleOptions& options = {});

}  // namespace punchlab::runner
