#pragma once
// The run folder: manifest.json and trials.sqlite. A kill at any moment leaves a folder that can be read and resumed.
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "results/record/record.hpp"
#include "results/store/database.hpp"
#include "results/store/folder_lock.hpp"
#include "results/store/manifest.hpp"
#include "results/store/result.hpp"
#include "results/store/rows.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::results {

/// A run folder in use. Rows collect in memory and go to disk in transactions of up to kBatch rows. Of a batch for
/// which the disk has no room, as many rows as fit are written; the rest stays in memory, so that `flush` can be tried
/// again.
class Store {
 public:
  static constexpr std::size_t kBatch = 2048;
  static constexpr std::chrono::milliseconds kBatchAge{250};

  /// Makes `folder`, with its parents. An empty folder may be there already; anything in it is refused, untouched.
  static Result<Store> create(const std::filesystem::path& folder, const Manifest& manifest, const trial::Plan& plan);
  /// Takes a run up where it stopped; starts it when there is none. Refuses one whose scenario, seed, backend or commit
  /// differ (Error::Kind::mismatch), whose files are broken, or that another process is writing to.
  static Result<Store> resume(const std::filesystem::path& folder, const Manifest& manifest, const trial::Plan& plan);
  /// To read only; also while another process writes.
  static Result<Store> open(const std::filesystem::path& folder);

  Store(Store&&) = default;
  Store& operator=(Store&&) = default;
  /// Writes what is pending; an error is lost here, so call `flush` or `finish` first.
  ~Store();

  const std::filesystem::path& folder() const { return folder_; }
  const Manifest& manifest() const { return manifest_; }

  /// Takes one finished trial, and writes the batch when it is full or old. A trial that is there already is replaced.
  /// Its packed recording, unless empty, is written in the same transaction.
  Status append(TrialRecord record, std::vector<std::uint8_t> recording = {});
  /// Writes what is pending. Call it when no trial finished for a while, and before reading.
  Status flush();
  using Visit = std::function<void(const TrialRecord&)>;
  /// Flushes, then closes the manifest: end, state, number of trials and speed. Reads the trials once for their sum,
  /// and shows each to `visit` in the order of `for_each`.
  Status finish(Manifest::State state, double trials_per_second, const Visit& visit = {});

  /// Element k: trial k of `cell` is in the store. Trials from `size()` on are not.
  Result<std::vector<bool>> finished(std::uint32_t cell) const;
  /// Trials in the store.
  Result<std::uint64_t> count() const;
  /// The cells of the run, whether they have trials or not.
  Result<std::vector<StoredCell>> cells() const { return read_cells(*database_); }
  /// Every trial in the order of (cell, trial), one at a time. Of a run that has ended, Error::Kind::corrupt after the
  /// last when they are not those that it ended with.
  Status for_each(const Visit& visit) const;
  /// A trial of `cell` that ended as most of them did (outcome and reason), the first such; nothing when it has none.
  Result<std::optional<TrialRecord>> typical(std::uint32_t cell) const;
  /// The same of the trials that have a recording: the first of those that ended as most trials of `cell` did.
  Result<std::optional<TrialRecord>> typical_recorded(std::uint32_t cell) const;
  /// One trial, or nothing when it is not there.
  Result<std::optional<TrialRecord>> find(std::uint32_t cell, std::uint64_t trial) const;

  /// The content of a trial's recording; nothing when it has none. Error::Kind::corrupt when it is broken.
  Result<std::optional<std::vector<std::uint8_t>>> recording(std::uint32_t cell, std::uint64_t trial) const;
  /// The trials of `cell` that have a recording, in order.
  Result<std::vector<std::uint64_t>> recorded(std::uint32_t cell) const;
  /// Recordings in the whole run.
  Result<std::uint64_t> recording_count() const;

 private:
  struct Pending {
    TrialRecord record;
    std::vector<std::uint8_t> recording;  ///< packed; may be empty
  };

  Store() = default;
  static Result<Store> start(const std::filesystem::path& folder, const Manifest& manifest, const trial::Plan& plan);
  static Result<Store> continue_run(const std::filesystem::path& folder, const Manifest& manifest,
                                    const trial::Plan& plan);
  Status open_trials(const trial::Plan* plan);
  Status know_columns(Database::Mode mode);
  Status write_manifest();
  Status write_together(std::span<const Pending> batch);
  std::ptrdiff_t write_what_fits();
  Status insert(std::span<const Pending> batch);
  Status check_folder() const;
  Status visit_rows(const Visit& visit) const;
  Result<std::string> digest(const Visit& visit) const;
  Result<bool> has_recordings() const;
  Status write_recording(const TrialRecord& record, const std::vector<std::uint8_t>& recording);
  Result<std::optional<TrialRecord>> first_of(const char* sql, std::uint32_t cell) const;

  std::filesystem::path folder_;
  Manifest manifest_;
  FolderLock lock_;
  std::unique_ptr<Database> database_;
  const char* select_ = kSelectTrials;  ///< of this file's columns
  std::unique_ptr<Statement> insert_;
  std::unique_ptr<Statement> insert_recording_;
  std::vector<Pending> pending_;
  std::chrono::steady_clock::time_point oldest_;
};

}  // namespace punchlab::results
