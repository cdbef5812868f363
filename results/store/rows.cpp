#include "results/store/rows.hpp"

#include <fmt/format.h>

#include "results/record/names.hpp"
#include "results/store/labels.hpp"

namespace punchlab::results {
namespace {

#define PUNCHLAB_TRIAL_COLUMNS                                                                                       \
  "cell, trial, outcome, reason, time_to_first_byte_ns, time_to_direct_ns, least_time_to_direct_ns, rtt_direct_ns, " \
  "rtt_relayed_ns, added_latency_ns, probes_sent, probes_answered, probes_lost_by_network, packets_to_direct, "      \
  "bytes_to_direct, packets_to_others, events, trace_hash, finished_ns"
#define PUNCHLAB_LATE_COLUMNS "late_p50_ns, late_p99_ns"

constexpr const char* kCreateTables = R"(
CREATE TABLE cells (
  cell INTEGER PRIMARY KEY,
  client TEXT NOT NULL, connector TEXT NOT NULL, policy TEXT NOT NULL, link TEXT NOT NULL,
  world INTEGER NOT NULL
) STRICT;
CREATE TABLE trials (
  cell INTEGER NOT NULL, trial INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('direct', 'relayed', 'failed')),
  reason TEXT NOT NULL,
  time_to_first_byte_ns INTEGER, time_to_direct_ns INTEGER, least_time_to_direct_ns INTEGER,
  rtt_direct_ns INTEGER, rtt_relayed_ns INTEGER, added_latency_ns INTEGER,
  probes_sent INTEGER NOT NULL, probes_answered INTEGER NOT NULL, probes_lost_by_network INTEGER NOT NULL,
  packets_to_direct INTEGER NOT NULL, bytes_to_direct INTEGER NOT NULL, packets_to_others INTEGER NOT NULL,
  events INTEGER NOT NULL, trace_hash INTEGER NOT NULL, finished_ns INTEGER NOT NULL,
  late_p50_ns INTEGER, late_p99_ns INTEGER,
  PRIMARY KEY (cell, trial)
) STRICT, WITHOUT ROWID;
)";

std::optional<std::int64_t> nanoseconds(const std::optional<Duration>& time) {
  return time ? std::optional<std::int64_t>{time->count()} : std::nullopt;
}

std::optional<Duration> duration(std::optional<std::int64_t> ns) {
  return ns ? std::optional<Duration>{Duration{*ns}} : std::nullopt;
}

}  // namespace

const char* const kInsertTrial = "INSERT OR REPLACE INTO trials (" PUNCHLAB_TRIAL_COLUMNS ", " PUNCHLAB_LATE_COLUMNS
                                 ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
const char* const kSelectTrials = "SELECT " PUNCHLAB_TRIAL_COLUMNS ", " PUNCHLAB_LATE_COLUMNS " FROM trials";
const char* const kSelectTrialsBefore = "SELECT " PUNCHLAB_TRIAL_COLUMNS ", NULL, NULL FROM trials";
const char* const kHasLateness = "SELECT count(*) FROM pragma_table_info('trials') WHERE name = 'late_p99_ns'";
const char* const kAddLateness =
    "ALTER TABLE trials ADD COLUMN late_p50_ns INTEGER; ALTER TABLE trials ADD COLUMN late_p99_ns INTEGER";
const char* const kCreateRecordings =
    "CREATE TABLE IF NOT EXISTS recordings (cell INTEGER NOT NULL, trial INTEGER NOT NULL, bytes BLOB NOT NULL, "
    "PRIMARY KEY (cell, trial)) STRICT";
const char* const kInsertRecording = "INSERT OR REPLACE INTO recordings (cell, trial, bytes) VALUES (?,?,?)";

Status create_tables(Database& database) {
  if (auto failure = database.execute("BEGIN IMMEDIATE")) return failure;
  if (auto failure = database.execute(kCreateTables)) return failure;
  const auto marks = fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, kSchemaVersion);
  if (auto failure = database.execute(marks.c_str())) return failure;
  return database.execute("COMMIT");
}

Status add_cells(Database& database, const trial::Plan& plan) {
  auto insert = database.prepare("INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.error();
  for (const trial::Cell& cell : plan.cells) {
    const std::string link = link_label(cell);
    insert->bind(0, std::int64_t{cell.index});
    insert->bind(1, cell.client.nat_name);
    insert->bind(2, cell.connector.nat_name);
    insert->bind(3, cell.policy.name);
    insert->bind(4, link);
    insert->bind(5, static_cast<std::int64_t>(cell.world));
    if (const auto done = insert->step(); !done) return done.error();
  }
  return std::nullopt;
}

Result<std::vector<StoredCell>> read_cells(Database& database) {
  auto select = database.prepare("SELECT cell, client, connector, policy, link, world FROM cells ORDER BY cell");
  if (!select) return select.error();
  std::vector<StoredCell> cells;
  for (;;) {
    const auto row = select->step();
    if (!row) return row.error();
    if (!*row) return cells;
    const auto text = [&](int column) { return std::string(select->text(column)); };
    cells.push_back({static_cast<std::uint32_t>(select->integer(0).value_or(0)), text(1), text(2), text(3), text(4),
                     static_cast<std::uint64_t>(select->integer(5).value_or(0))});
  }
}

void bind_trial(Statement& insert, const TrialRecord& r) {
  int column = 0;
  insert.bind(column++, std::int64_t{r.cell});
  insert.bind(column++, static_cast<std::int64_t>(r.trial));
  insert.bind(column++, name_of(r.outcome));
  insert.bind(column++, r.reason);
  for (const auto* time : {&r.time_to_first_byte, &r.time_to_direct, &r.least_time_to_direct, &r.rtt_direct,
                           &r.rtt_relayed, &r.added_latency}) {
    insert.bind(column++, nanoseconds(*time));
  }
  for (const std::uint64_t n : {std::uint64_t{r.probes_sent}, std::uint64_t{r.probes_answered},
                                std::uint64_t{r.probes_lost_by_network}, std::uint64_t{r.packets_to_direct},
                                r.bytes_to_direct, std::uint64_t{r.packets_to_others}, r.events, r.trace_hash}) {
    insert.bind(column++, static_cast<std::int64_t>(n));
  }
  insert.bind(column++, r.finished.count());
  for (const auto* time : {&r.late_p50, &r.late_p99}) insert.bind(column++, nanoseconds(*time));
}

TrialRecord read_trial(const Statement& row) {
  TrialRecord r;
  int column = 0;
  const auto number = [&] { return static_cast<std::uint64_t>(row.integer(column++).value_or(0)); };
  r.cell = static_cast<std::uint32_t>(number());
  r.trial = number();
  r.outcome = parse_outcome(row.text(column++)).value_or(Outcome::failed);
  r.reason = row.text(column++);
  for (auto* time : {&r.time_to_first_byte, &r.time_to_direct, &r.least_time_to_direct, &r.rtt_direct, &r.rtt_relayed,
                     &r.added_latency}) {
    *time = duration(row.integer(column++));
  }
  for (auto* n : {&r.probes_sent, &r.probes_answered, &r.probes_lost_by_network, &r.packets_to_direct}) {
    *n = static_cast<std::uint32_t>(number());
  }
  r.bytes_to_direct = number();
  r.packets_to_others = static_cast<std::uint32_t>(number());
  r.events = number();
  r.trace_hash = number();
  r.finished = Duration{static_cast<std::int64_t>(number())};
  for (auto* time : {&r.late_p50, &r.late_p99}) *time = duration(row.integer(column++));
  return r;
}

}  // namespace punchlab::results
