#pragma once
// How far a run is, on stderr: a bar that redraws itself on a terminal, a line now and then otherwise.
#include <chrono>
#include <cstdint>

namespace punchlab::runner {

class Progress {
 public:
  /// `done` of `total` trials are there already (--resume).
  Progress(std::uint64_t total, std::uint64_t done);
  void add() { ++done_; }
  /// Draws when it is time to.
  void update();
  /// Draws the last state and ends the line.
  void finish();
  /// Trials of this process per second so far.
  double rate() const;

 private:
  using SteadyClock = std::chrono::steady_clock;
  void draw();
  std::uint64_t total_, done_, first_;
  bool terminal_;
  SteadyClock::time_point start_, last_;
};

}  // namespace punchlab::runner
