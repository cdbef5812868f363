#include "sim/explain/what_if.hpp"

#include <algorithm>

namespace punchlab::explain {
namespace {

/// A trial that ended before its timeout is the same to the bit with a longer one.
struct Replay {
  results::TrialRecord record;
  bool cut = false;  ///< by its timeout
};

Replay replay(const Question& question, const std::vector<Change>& changes) {
  auto cell = question.cell;
  // A policy replaces all that others would change about it.
  for (const bool policies : {true, false})
    for (const auto& change : changes)
      if ((change.kind == Change::Kind::policy) == policies) cell = with(std::move(cell), change);
  const auto topology = trial::draw_topology(cell, question.seed, question.trial);
  trial::Trial trial(cell, topology, question.identities, question.seed, question.trial);
  auto record = trial.record(question.world.run(topology, trial, trial.until(), {}));
  return {std::move(record), !trial.finished()};
}

bool is_timeout(const Change& change) { return change.kind == Change::Kind::longer_timeout; }

/// Tries sets of changes in the order of their size.
class Search {
 public:
  Search(const Question& question, const WhatIfLimits& limits)
      : question_(question), limits_(limits), changes_(changes_of(question.cell)) {
    const auto base = replay(question, {});
    slow_ = base.record.outcome == results::Outcome::direct;
    if (base.cut) cut_.push_back({});
  }

  WhatIf run() {
    for (std::size_t i = 0; i < changes_.size(); ++i)
      if (helps({changes_[i]})) result_.single.push_back(changes_[i]);
    if (!result_.single.empty()) {
      const int least = result_.single.front().steps;
      for (const auto& change : result_.single)
        if (change.steps == least) result_.smallest.push_back({change});
      return std::move(result_);
    }
    for (std::size_t count = 2; count <= limits_.changes && result_.smallest.empty(); ++count) try_sets_of(count);
    return std::move(result_);
  }

 private:
  static int steps(const std::vector<Change>& set) {
    int sum = 0;
    for (const auto& change : set) sum += change.steps;
    return sum;
  }

  void try_sets_of(std::size_t count) {
    std::vector<std::vector<Change>> sets;
    std::vector<Change> set;
    collect(count, 0, set, sets);
    std::stable_sort(sets.begin(), sets.end(), [](const auto& a, const auto& b) { return steps(a) < steps(b); });
    for (const auto& one : sets) {
      if (!result_.smallest.empty() && steps(one) > steps(result_.smallest.front())) return;
      if (helps(one)) result_.smallest.push_back(one);
    }
  }

  void collect(std::size_t count, std::size_t from, std::vector<Change>& set,
               std::vector<std::vector<Change>>& sets) const {
    if (set.size() == count) return sets.push_back(set);
    for (std::size_t i = from; i < changes_.size(); ++i) {
      const auto excludes = [&](const Change& chosen) { return chosen.same_thing(changes_[i]); };
      if (std::any_of(set.begin(), set.end(), excludes)) continue;
      set.push_back(changes_[i]);
      collect(count, i + 1, set, sets);
      set.pop_back();
    }
  }

  bool helps(const std::vector<Change>& set) {
    if (result_.runs == limits_.runs) return false;
    if (cannot_wait(set)) return false;
    ++result_.runs;
    const auto [record, cut] = replay(question_, set);
    if (cut) cut_.push_back(set);
    return record.outcome == results::Outcome::direct && (!slow_ || record.reason.empty());
  }

  /// Only the timeout is longer than in what was tried already, did not help, and ended by itself.
  bool cannot_wait(std::vector<Change> set) const {
    return std::erase_if(set, is_timeout) > 0 && std::find(cut_.begin(), cut_.end(), set) == cut_.end();
  }

  const Question& question_;
  WhatIfLimits limits_;
  std::vector<Change> changes_;
  std::vector<std::vector<Change>> cut_;  ///< what was tried and ran into its timeout
  bool slow_ = false;                     ///< it is direct already, and the question is of its lateness
  WhatIf result_;
};

}  // namespace

results::TrialRecord run_with(const Question& question, const std::vector<Change>& changes) {
  return replay(question, changes).record;
}

WhatIf what_if(const Question& question, const WhatIfLimits& limits) { return Search(question, limits).run(); }

}  // namespace punchlab::explain
