#pragma once
// The course of a check: which trials to run next, what they said, and when enough is known.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "results/check/baseline.hpp"
#include "results/check/judgement.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::results {

/// A cell, or all cells of a policy and link together, and what has become of it.
struct CellVerdict {
  Figures baseline;
  Figures now;
  std::vector<Answer> answers;
  std::optional<std::uint64_t> example;  ///< a trial that shows the regression, of those that `punchlab run` runs too

  bool worse() const;
  bool improved() const;
  bool undecided() const;
};

/// Probability at most that a check of something unchanged finds any regression.
inline constexpr double kFalseAlarm = 0.001;
/// Unless told otherwise a check may run so many times the baseline's trials: a fixed baseline is half of the noise.
inline constexpr std::uint64_t kMostOfBaseline = 4;
/// A cell of fewer trials decides next to nothing: even if all agree, 85 are needed to rule out `margin`.
inline constexpr std::uint64_t kLeastPerCell = 100;

/// How many trials each cell of a plan gets at least: where a population's draw leaves some with few, as many as if it
/// spread its trials evenly. Those above Cell::trials count for the cell only, never for all cells together.
std::uint64_t least_per_cell(const trial::Plan& plan);

class Check {
 public:
  /// `plan`: with as many trials as may be run, and with all cells of the grid, drawn or not. Cells without a line in
  /// the baseline are not judged, and not run. `drawn`: gets each trial that belongs to the plan's own, no more of one
  /// cell than its share by then.
  Check(Baseline baseline, const trial::Plan& plan, std::function<void(const TrialRecord&)> drawn = {});

  /// Cells of the plan that have a baseline, by position; none: the baseline is of something else.
  std::size_t matched() const { return matched_; }
  /// Cells of the baseline that the plan lacks, and of the plan that the baseline lacks, described.
  const std::vector<std::string>& only_baseline() const { return only_baseline_; }
  const std::vector<std::string>& only_plan() const { return only_plan_; }

  /// How many trials of the cell at `position` the next look needs in all; 0 when no more are needed of it.
  std::uint64_t wanted(std::size_t position) const;
  void add(const TrialRecord& record);
  /// Judges what is there. True: another look is needed.
  bool look();

  /// Cells in the plan's order, then all together.
  std::vector<CellVerdict> verdicts() const;
  std::uint64_t trials() const { return trials_; }

 private:
  struct Cell {
    Figures baseline;
    Observed now;
    std::vector<Answer> answers;
    std::vector<std::uint64_t> sizes = {};  ///< trials by each look
    std::vector<std::uint64_t> drawn = {};  ///< of these the plan's own: what counts for all cells together
    std::vector<TrialRecord> early = {};    ///< that will be among those at a later look
    std::size_t group = 0;                  ///< of a cell: its pooled entry
    bool settled = false;
  };
  SequentialLimits limits() const;
  void judge_cell(Cell& cell);
  void judge_group(std::size_t group);
  void pool(Cell& cell, const TrialRecord& record);
  static CellVerdict verdict_of(const Cell& cell);

  std::vector<Cell> cells_;
  std::vector<Cell> pooled_;
  std::vector<std::size_t> of_position_;           ///< of the plan: into cells_, or kNone
  std::map<std::uint32_t, std::size_t> of_index_;  ///< Cell::index into cells_
  std::vector<std::string> only_baseline_;
  std::vector<std::string> only_plan_;
  std::size_t matched_ = 0;
  std::size_t questions_ = 0;
  bool matrix_ = false;    ///< all cells have equally many trials; of populations not
  bool balanced_ = false;  ///< an expectation pools cells: each must keep its share of the trials
  std::uint64_t trials_ = 0;
  unsigned look_ = 0;
  std::function<void(const TrialRecord&)> on_drawn_;
};

/// The key of a cell of a plan.
CellKey key_of(const trial::Cell& cell);

/// A baseline out of all trials of a plan, and some more of the cells that a population rarely draws.
class BaselineMaker {
 public:
  BaselineMaker(const trial::Plan& plan, std::string backend, std::uint64_t trials);
  /// How many trials the cell at `position` needs: at least kLeastPerCell where a population drew fewer.
  std::uint64_t wanted(std::size_t position) const { return wanted_[position]; }
  void add(const TrialRecord& record);
  Baseline finish() const;

 private:
  Baseline baseline_;
  std::vector<CellKey> keys_;
  std::vector<std::uint64_t> drawn_, wanted_;
  std::vector<Observed> cells_;
  std::map<std::uint32_t, std::size_t> of_index_;
  std::vector<CellKey> pooled_keys_;
  std::vector<Observed> pooled_;
};

}  // namespace punchlab::results
