#include "sim/explain/what_if.hpp"

#include <algorithm>

namespace punchlab::explain {
namespace {

/// Tries sets of changes in the order of their size.
class Search {
 public:
  Search(const Question& question, const WhatIfLimits& limits)
      : question_(question),
        limits_(limits),
        changes_(changes_of(question.cell)),
        slow_(run_with(question, {}).outcome == results::Outcome::direct) {}

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
    ++result_.runs;
    const auto record = run_with(question_, set);
    return record.outcome == results::Outcome::direct && (!slow_ || record.reason.empty());
  }

  const Question& question_;
  WhatIfLimits limits_;
  std::vector<Change> changes_;
  bool slow_;  ///< it is direct already, and the question is of its lateness
  WhatIf result_;
};

}  // namespace

results::TrialRecord run_with(const Question& question, const std::vector<Change>& changes) {
  auto cell = question.cell;
  // A policy replaces all that others would change about it.
  for (const bool policies : {true, false})
    for (const auto& change : changes)
      if ((change.kind == Change::Kind::policy) == policies) cell = with(std::move(cell), change);
  const auto topology = trial::draw_topology(cell, question.seed, question.trial);
  trial::Trial trial(cell, topology, question.identities, question.seed, question.trial);
  return trial.record(question.world.run(topology, trial, trial.until(), {}));
}

WhatIf what_if(const Question& question, const WhatIfLimits& limits) { return Search(question, limits).run(); }

}  // namespace punchlab::explain
