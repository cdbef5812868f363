// The table `recordings`: what was kept of trials that cannot be run again.
#include <fmt/format.h>

#include "results/store/packed.hpp"
#include "results/store/store.hpp"

namespace punchlab::results {

Status Store::write_recording(const TrialRecord& record, const std::vector<std::uint8_t>& recording) {
  insert_recording_->bind(0, std::int64_t{record.cell});
  insert_recording_->bind(1, static_cast<std::int64_t>(record.trial));
  insert_recording_->bind(2, Bytes{recording});
  if (const auto done = insert_recording_->step(); !done) return done.error();
  return std::nullopt;
}

Result<bool> Store::has_recordings() const {
  const auto tables =
      database_->number("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'recordings'");
  if (!tables) return tables.error();
  return *tables > 0;
}

Result<std::uint64_t> Store::recording_count() const {
  const auto there = has_recordings();
  if (!there) return there.error();
  if (!*there) return std::uint64_t{0};
  const auto count = database_->number("SELECT count(*) FROM recordings");
  if (!count) return count.error();
  return static_cast<std::uint64_t>(*count);
}

Result<std::vector<std::uint64_t>> Store::recorded(std::uint32_t cell) const {
  const auto there = has_recordings();
  if (!there) return there.error();
  std::vector<std::uint64_t> trials;
  if (!*there) return trials;
  auto select = database_->prepare("SELECT trial FROM recordings WHERE cell = ? ORDER BY trial");
  if (!select) return select.error();
  select->bind(0, std::int64_t{cell});
  for (;;) {
    const auto row = select->step();
    if (!row) return row.error();
    if (!*row) return trials;
    trials.push_back(static_cast<std::uint64_t>(select->integer(0).value_or(0)));
  }
}

Result<std::optional<std::vector<std::uint8_t>>> Store::recording(std::uint32_t cell, std::uint64_t trial) const {
  const auto there = has_recordings();
  if (!there) return there.error();
  std::optional<std::vector<std::uint8_t>> found;
  if (!*there) return found;
  auto select = database_->prepare("SELECT bytes FROM recordings WHERE cell = ? AND trial = ?");
  if (!select) return select.error();
  select->bind(0, std::int64_t{cell});
  select->bind(1, static_cast<std::int64_t>(trial));
  const auto row = select->step();
  if (!row) return row.error();
  if (!*row) return found;
  auto content = unpack(select->bytes(0));
  if (!content)
    return Error{Error::Kind::corrupt,
                 fmt::format("{}: the recording of trial {}-{} is corrupt: {}", (folder_ / "trials.sqlite").string(),
                             cell, trial, content.error().text)};
  found = std::move(*content);
  return found;
}

Result<std::optional<TrialRecord>> Store::typical_recorded(std::uint32_t cell) const {
  const auto there = has_recordings();
  if (!there) return there.error();
  if (!*there) return std::optional<TrialRecord>{};
  return first_of(
      "WITH usual AS (SELECT outcome, reason FROM trials WHERE cell = ?1 GROUP BY outcome, reason "
      "ORDER BY count(*) DESC, min(trial) LIMIT 1) "
      "SELECT min(trial) FROM trials JOIN usual USING (outcome, reason) JOIN recordings USING (cell, trial) WHERE cell "
      "= ?1",
      cell);
}

}  // namespace punchlab::results
