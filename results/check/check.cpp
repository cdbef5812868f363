#include "results/check/check.hpp"

#include <algorithm>

#include "results/store/labels.hpp"

namespace punchlab::results {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

CellKey pooled_key(const CellKey& key) { return {"", "", key.policy, key.link}; }

std::size_t position_of(const std::vector<CellKey>& keys, const CellKey& key) {
  return static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
}

bool any(const std::vector<Answer>& answers, Decision decision) {
  return std::any_of(answers.begin(), answers.end(), [&](const Answer& a) { return a.decision == decision; });
}

/// Enough is known.
bool settles(const std::vector<Answer>& answers) {
  return any(answers, Decision::risen) || (!answers.empty() && !any(answers, Decision::go_on));
}

bool is_fine(const std::vector<Answer>& answers, Measure measure) {
  return std::any_of(answers.begin(), answers.end(),
                     [&](const Answer& a) { return a.measure == measure && a.decision == Decision::fine; });
}

/// A trial that shows the worst of what has risen.
std::optional<std::uint64_t> example_of(const std::vector<Answer>& answers, const Observed& now, std::uint64_t end) {
  for (const Answer& answer : answers) {
    if (answer.decision != Decision::risen) continue;
    if (answer.measure == Measure::success) return now.example(Outcome::failed, end);
    if (answer.measure == Measure::first_byte) return now.last_first_byte(end);
    if (answer.measure != Measure::relay_share) return now.slowest(end);
    const auto relayed = now.example(Outcome::relayed, end);
    return relayed ? relayed : now.example(Outcome::failed, end);
  }
  return std::nullopt;
}

/// A matrix; of populations some cells are rarer than others.
bool equal_cells(const trial::Plan& plan) {
  return std::all_of(plan.cells.begin(), plan.cells.end(),
                     [&](const trial::Cell& cell) { return cell.trials == plan.cells.front().trials; });
}

}  // namespace

bool CellVerdict::worse() const { return any(answers, Decision::risen); }
bool CellVerdict::undecided() const { return !worse() && any(answers, Decision::undecided); }
bool CellVerdict::improved() const {
  return !worse() && std::any_of(answers.begin(), answers.end(), [](const Answer& a) { return a.improved; });
}

CellKey key_of(const trial::Cell& cell) {
  return {cell.client.nat_name, cell.connector.nat_name, cell.policy.name, link_label(cell)};
}

std::uint64_t least_per_cell(const trial::Plan& plan) {
  std::uint64_t all = 0;
  for (const auto& cell : plan.cells) all += cell.trials;
  return all / std::max<std::size_t>(plan.cells.size(), 1);
}

Check::Check(Baseline baseline, const trial::Plan& plan, std::function<void(const TrialRecord&)> drawn)
    : of_position_(plan.cells.size(), kNone), on_drawn_(std::move(drawn)) {
  std::map<CellKey, Figures> known;
  for (Figures& f : baseline.cells) known.emplace(f.key, std::move(f));
  std::vector<CellKey> groups;
  for (Figures& f : baseline.pooled) {
    groups.push_back(f.key);
    pooled_.push_back({std::move(f), {}, {}});
  }
  const unsigned looks = SequentialLimits{}.looks;
  const auto least = least_per_cell(plan);
  for (std::size_t position = 0; position < plan.cells.size(); ++position) {
    const auto& cell = plan.cells[position];
    const auto key = key_of(cell);
    const auto figures = known.find(key);
    const auto group = position_of(groups, pooled_key(key));
    if (figures == known.end() || group == groups.size()) {
      if (cell.trials > 0) only_plan_.push_back(describe(key));
      continue;
    }
    of_position_[position] = cells_.size();
    of_index_[cell.index] = cells_.size();
    questions_ += questions(figures->second);
    cells_.push_back({std::move(figures->second), {}, {}, look_sizes(std::max(cell.trials, least), looks)});
    cells_.back().drawn = cell.trials > 0 ? look_sizes(cell.trials, looks) : std::vector<std::uint64_t>(looks);
    cells_.back().group = group;
    known.erase(figures);
  }
  for (const auto& [key, figures] : known) only_baseline_.push_back(describe(key));
  for (const Cell& group : pooled_) questions_ += questions(group.baseline);
  matched_ = cells_.size();
  matrix_ = equal_cells(plan);
  balanced_ = std::any_of(plan.expectations.begin(), plan.expectations.end(), [](const auto& e) { return e.pooled; });
}

SequentialLimits Check::limits() const {
  SequentialLimits limits;
  limits.false_alarm = kFalseAlarm / static_cast<double>(std::max<std::size_t>(questions_, 1));
  return limits;
}

std::uint64_t Check::wanted(std::size_t position) const {
  const std::size_t at = of_position_[position];
  if (at == kNone) return 0;
  const Cell& cell = cells_[at];
  // All cells together are only comparable while each has the same part of its trials.
  const auto for_all = pooled_[cell.group].settled && !balanced_ ? 0 : cell.drawn[look_];
  return std::max(for_all, cell.settled ? 0 : cell.sizes[look_]);
}

void Check::pool(Cell& cell, const TrialRecord& record) {
  if (!pooled_[cell.group].settled) pooled_[cell.group].now.add(record);
  if (on_drawn_) on_drawn_(record);
}

void Check::add(const TrialRecord& record) {
  const auto at = of_index_.find(record.cell);
  if (at == of_index_.end()) return;
  Cell& cell = cells_[at->second];
  if (!cell.settled) cell.now.add(record);
  ++trials_;
  if (record.trial < cell.drawn[look_]) {
    pool(cell, record);
  } else if (record.trial < cell.drawn.back()) {
    cell.early.push_back(record);
  }
}

void Check::judge_cell(Cell& cell) {
  if (cell.settled || cell.now.trials() == 0) return;
  cell.answers = judge(cell.baseline, cell.now, look_, limits());
  cell.settled = settles(cell.answers);
}

/// In a matrix the share over all cells is the mean of the cells': where a rise by the margin is ruled out in each, it
/// is in all together, whose mixture of cells that always and cells that never succeed looks like chance to a test that
/// does not know the cells. Of a population the mixture itself is measured.
void Check::judge_group(std::size_t group) {
  Cell& all = pooled_[group];
  judge_cell(all);
  if (!matrix_) return;
  for (Answer& answer : all.answers) {
    if (answer.percent > 0 || answer.decision == Decision::risen) continue;
    const bool everywhere = std::all_of(cells_.begin(), cells_.end(), [&](const Cell& cell) {
      return cell.group != group || is_fine(cell.answers, answer.measure);
    });
    if (everywhere) answer.decision = Decision::fine;
  }
  all.settled = all.settled || settles(all.answers);
}

bool Check::look() {
  for (Cell& cell : cells_) judge_cell(cell);
  for (std::size_t group = 0; group < pooled_.size(); ++group) judge_group(group);
  const auto open = [](const Cell& cell) { return !cell.settled && cell.now.trials() > 0; };
  if (look_ + 1 == SequentialLimits{}.looks ||
      !(std::any_of(cells_.begin(), cells_.end(), open) || std::any_of(pooled_.begin(), pooled_.end(), open)))
    return false;
  ++look_;
  for (Cell& cell : cells_) {
    const auto due = [&](const TrialRecord& record) { return record.trial < cell.drawn[look_]; };
    for (const TrialRecord& record : cell.early)
      if (due(record)) pool(cell, record);
    std::erase_if(cell.early, due);
  }
  return true;
}

CellVerdict Check::verdict_of(const Cell& cell) {
  const auto end = cell.drawn.empty() ? 0 : cell.drawn.back();
  return {cell.baseline, cell.now.figures(cell.baseline.key), cell.answers, example_of(cell.answers, cell.now, end)};
}

std::vector<CellVerdict> Check::verdicts() const {
  std::vector<CellVerdict> all;
  for (const Cell& cell : cells_) all.push_back(verdict_of(cell));
  for (const Cell& group : pooled_)
    if (group.now.trials() > 0) all.push_back(verdict_of(group));
  return all;
}

BaselineMaker::BaselineMaker(const trial::Plan& plan, std::string backend, std::uint64_t trials)
    : baseline_{plan.name, std::move(backend), plan.seed, trials, {}, {}}, cells_(plan.cells.size()) {
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    keys_.push_back(key_of(plan.cells[i]));
    drawn_.push_back(plan.cells[i].trials);
    wanted_.push_back(equal_cells(plan) ? drawn_[i] : std::max({drawn_[i], kLeastPerCell, least_per_cell(plan)}));
    of_index_[plan.cells[i].index] = i;
    if (position_of(pooled_keys_, pooled_key(keys_[i])) == pooled_keys_.size())
      pooled_keys_.push_back(pooled_key(keys_[i]));
  }
  pooled_.resize(pooled_keys_.size());
}

void BaselineMaker::add(const TrialRecord& record) {
  const auto at = of_index_.find(record.cell);
  if (at == of_index_.end()) return;
  cells_[at->second].add(record);
  if (record.trial >= drawn_[at->second]) return;
  pooled_[position_of(pooled_keys_, pooled_key(keys_[at->second]))].add(record);
}

Baseline BaselineMaker::finish() const {
  Baseline baseline = baseline_;
  for (std::size_t i = 0; i < keys_.size(); ++i)
    if (cells_[i].trials() > 0) baseline.cells.push_back(cells_[i].figures(keys_[i]));
  for (std::size_t i = 0; i < pooled_keys_.size(); ++i)
    if (pooled_[i].trials() > 0) baseline.pooled.push_back(pooled_[i].figures(pooled_keys_[i]));
  return baseline;
}

}  // namespace punchlab::results
