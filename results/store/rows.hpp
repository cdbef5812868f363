#pragma once
// The table `trials`: how a record becomes a row and a row a record.
#include <string>
#include <vector>

#include "results/record/record.hpp"
#include "results/store/database.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::results {

/// Marks the file as ours: PRAGMA application_id, "PNCH".
inline constexpr std::int64_t kApplicationId = 0x504E4348;
/// PRAGMA user_version; a reader refuses other versions.
inline constexpr std::int64_t kSchemaVersion = 2;

/// Makes the tables `trials` and `cells` in an empty file, in one transaction.
Status create_tables(Database& database);
/// Names the plan's cells in the table `cells`, beside those of an earlier process that ran others of the same
/// scenario.
Status add_cells(Database& database, const trial::Plan& plan);

/// A cell as the table `cells` has it.
struct StoredCell {
  std::uint32_t cell = 0;  ///< Cell::index
  std::string client;
  std::string connector;
  std::string policy;
  std::string link;         ///< see link_label
  std::uint64_t world = 0;  ///< Cell::world: trials of equal seed, world and index see the same world
};

/// In the order of their indices.
Result<std::vector<StoredCell>> read_cells(Database& database);

/// Text of the INSERT and of a SELECT of all columns, to be completed with WHERE or ORDER BY.
extern const char* const kInsertTrial;
extern const char* const kSelectTrials;
/// The same of earlier runs, whose table says nothing of lateness; a query that is not 0 for later ones; and what makes
/// one of the other.
extern const char* const kSelectTrialsBefore;
extern const char* const kHasLateness;
extern const char* const kAddLateness;

/// The table of recordings, made when it is not there: earlier runs have none, and earlier readers need none.
extern const char* const kCreateRecordings;
/// Binds: cell, trial, bytes.
extern const char* const kInsertRecording;

/// Binds every column. `record` must live until the statement has run.
void bind_trial(Statement& insert, const TrialRecord& record);
TrialRecord read_trial(const Statement& select);

}  // namespace punchlab::results
