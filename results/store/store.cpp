#include "results/store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "results/record/wire.hpp"
#include "results/store/files.hpp"
#include "results/store/rows.hpp"
#include "results/store/sha256.hpp"

namespace punchlab::results {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// Trials per cell; more can only come from a broken file.
constexpr std::int64_t kMaxTrials = std::int64_t{1} << 32;

/// What a creation that was killed half-way may leave, besides the manifest.
bool is_our_leftover(const fs::path& entry) {
  const auto name = entry.filename();
  return name == ".lock" || name == "manifest.json.part";
}

enum class Content : std::uint8_t { nothing, run, foreign };

Result<Content> look_into(const fs::path& folder) {
  std::error_code code;
  const auto status = fs::status(folder, code);
  if (status.type() == fs::file_type::not_found) return Content::nothing;
  if (code) return io_error("cannot read", folder, code.value());
  if (!fs::is_directory(status)) return Error{Error::Kind::foreign, fmt::format("{} is not a folder", folder.string())};
  auto content = Content::nothing;
  fs::directory_iterator entries(folder, code);
  for (; !code && entries != fs::directory_iterator(); entries.increment(code)) {
    if (entries->path().filename() == "manifest.json") return Content::run;
    if (!is_our_leftover(entries->path())) content = Content::foreign;
  }
  if (code) return io_error("cannot read", folder, code.value());
  return content;
}

Error foreign(const fs::path& folder) {
  return {Error::Kind::foreign, fmt::format("{} is not empty and holds no run (no manifest.json)", folder.string())};
}

Result<Manifest> read_manifest(const fs::path& folder) {
  const auto text = read_file(folder / "manifest.json");
  if (!text) return text.error();
  auto manifest = parse_manifest(*text);
  if (!manifest) return Error{Error::Kind::corrupt, fmt::format("{}: {}", folder.string(), manifest.error().text)};
  return manifest;
}

/// Nothing when the file is empty, so that its tables are still to be made.
Result<bool> has_tables(Database& database, const fs::path& path) {
  const auto application = database.number("PRAGMA application_id");
  if (!application) return application.error();
  const auto version = database.number("PRAGMA user_version");
  if (!version) return version.error();
  if (*application == kApplicationId && *version == kSchemaVersion) return true;
  const auto tables = database.number("SELECT count(*) FROM sqlite_master");
  if (!tables) return tables.error();
  if (*application == 0 && *tables == 0) return false;
  if (*application != kApplicationId)
    return Error{Error::Kind::foreign, fmt::format("{} is no file of trials", path.string())};
  return Error{Error::Kind::foreign,
               fmt::format("{} was written by another version (format {}, this one reads {}): run "
                           "the scenario again with this one, or read it with the one that wrote it",
                           path.string(), *version, kSchemaVersion)};
}

}  // namespace

Result<Store> Store::create(const fs::path& folder, const Manifest& manifest, const trial::Plan& plan) {
  const auto content = look_into(folder);
  if (!content) return content.error();
  if (*content == Content::run) {
    return Error{
        Error::Kind::occupied,
        fmt::format("{} holds a run already: take it up with --resume, or choose another --out", folder.string())};
  }
  if (*content == Content::foreign) return foreign(folder);
  return start(folder, manifest, plan);
}

Result<Store> Store::resume(const fs::path& folder, const Manifest& manifest, const trial::Plan& plan) {
  const auto content = look_into(folder);
  if (!content) return content.error();
  if (*content == Content::foreign) return foreign(folder);
  return *content == Content::nothing ? start(folder, manifest, plan) : continue_run(folder, manifest, plan);
}

Result<Store> Store::start(const fs::path& folder, const Manifest& manifest, const trial::Plan& plan) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return io_error("cannot make the folder", folder, code.value());
  auto lock = FolderLock::take(folder);
  if (!lock) return lock.error();
  Store store;
  store.folder_ = folder;
  store.lock_ = std::move(*lock);
  store.manifest_ = manifest;
  // The manifest comes first: once it is there the folder is a run, with nothing finished yet.
  if (auto failure = store.write_manifest()) return *failure;
  if (auto failure = store.open_trials(&plan)) return *failure;
  return store;
}

Result<Store> Store::continue_run(const fs::path& folder, const Manifest& manifest, const trial::Plan& plan) {
  const auto before = read_manifest(folder);
  if (!before) return before.error();
  if (const auto why = difference(*before, manifest)) {
    return Error{Error::Kind::mismatch, fmt::format("cannot resume {}: {}", folder.string(), *why)};
  }
  auto lock = FolderLock::take(folder);
  if (!lock) return lock.error();
  Store store;
  store.folder_ = folder;
  store.lock_ = std::move(*lock);
  store.manifest_ = manifest;
  store.manifest_.start = before->start;
  store.manifest_.resumed = before->resumed + 1;
  if (auto failure = store.open_trials(&plan)) return *failure;
  if (auto failure = store.write_manifest()) return *failure;
  return store;
}

Result<Store> Store::open(const fs::path& folder) {
  const auto content = look_into(folder);
  if (!content) return content.error();
  if (*content != Content::run) {
    return Error{Error::Kind::foreign, fmt::format("{} holds no run (no manifest.json)", folder.string())};
  }
  auto manifest = read_manifest(folder);
  if (!manifest) return manifest.error();
  Store store;
  store.folder_ = folder;
  store.manifest_ = std::move(*manifest);
  if (auto failure = store.open_trials(nullptr)) return *failure;
  return store;
}

Store::~Store() {
  if (insert_) (void)flush();
}

/// With a plan: for writing, making the tables when they are not there.
Status Store::open_trials(const trial::Plan* plan) {
  const auto path = folder_ / "trials.sqlite";
  if (plan == nullptr && !fs::exists(path))
    return Error{Error::Kind::corrupt, fmt::format("{} is broken: it has no trials.sqlite", folder_.string())};
  auto database = Database::open(path, plan != nullptr ? Database::Mode::write : Database::Mode::read);
  if (!database) return database.error();
  database_ = std::move(*database);
  const auto tables = has_tables(*database_, path);
  if (!tables) return tables.error();
  if (plan == nullptr) {
    if (*tables) return know_columns(Database::Mode::read);
    return Error{Error::Kind::corrupt, fmt::format("{} holds no trials", path.string())};
  }
  // A rollback journal, not a write-ahead log: works on network file systems and leaves one file.
  if (auto failure =
          database_->execute("PRAGMA journal_mode=DELETE; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536")) {
    return failure;
  }
  if (!*tables) {
    if (auto failure = create_tables(*database_)) return failure;
  }
  if (auto failure = database_->execute("BEGIN IMMEDIATE")) return failure;
  if (auto failure = know_columns(Database::Mode::write)) return failure;
  if (auto failure = database_->execute(kCreateRecordings)) return failure;
  if (auto failure = add_cells(*database_, *plan)) return failure;
  if (auto failure = database_->execute("COMMIT")) return failure;
  auto insert = database_->prepare(kInsertTrial);
  if (!insert) return insert.error();
  insert_ = std::make_unique<Statement>(std::move(*insert));
  auto insert_recording = database_->prepare(kInsertRecording);
  if (!insert_recording) return insert_recording.error();
  insert_recording_ = std::make_unique<Statement>(std::move(*insert_recording));
  return std::nullopt;
}

/// Runs of earlier versions say nothing of lateness.
Status Store::know_columns(Database::Mode mode) {
  const auto late = database_->number(kHasLateness);
  if (!late) return late.error();
  if (*late == 0 && mode == Database::Mode::write) return database_->execute(kAddLateness);
  select_ = *late == 0 ? kSelectTrialsBefore : kSelectTrials;
  return std::nullopt;
}

Status Store::write_manifest() { return replace_file(folder_ / "manifest.json", to_json(manifest_)); }

/// A folder that was removed still takes writes, into files that nobody can reach any more.
Status Store::check_folder() const {
  std::error_code code;
  if (fs::exists(folder_ / "trials.sqlite", code)) return std::nullopt;
  return io_error("the run folder vanished: cannot write", folder_ / "trials.sqlite", code ? code.value() : ENOENT);
}

Status Store::append(TrialRecord record, std::vector<std::uint8_t> recording) {
  if (pending_.empty()) oldest_ = Clock::now();
  pending_.push_back({std::move(record), std::move(recording)});
  if (pending_.size() < kBatch && Clock::now() - oldest_ < kBatchAge) return std::nullopt;
  return flush();
}

Status Store::flush() {
  if (pending_.empty()) return std::nullopt;
  if (auto failure = check_folder()) return failure;
  // In key order, pages are touched once per batch however workers interleave.
  std::sort(pending_.begin(), pending_.end(), [](const Pending& a, const Pending& b) {
    return std::pair(a.record.cell, a.record.trial) < std::pair(b.record.cell, b.record.trial);
  });
  auto failure = write_together(pending_);
  pending_.erase(pending_.begin(), failure ? pending_.begin() + write_what_fits() : pending_.end());
  return failure;
}

/// One transaction: all of them or none.
Status Store::write_together(std::span<const Pending> batch) {
  if (auto failure = database_->execute("BEGIN IMMEDIATE")) return failure;
  auto failure = insert(batch);
  if (!failure) failure = database_->execute("COMMIT");
  if (!failure) return std::nullopt;
  (void)database_->execute("ROLLBACK");  // SQLite may have rolled back by itself; the first error is the one to tell
  return failure;
}

/// A batch that a disk had no room for is no reason to lose all of it: halves of halves, until not even one row fits.
/// Returns how many rows from the front of what is pending were written.
std::ptrdiff_t Store::write_what_fits() {
  const std::span<const Pending> all(pending_);
  std::size_t written = 0;
  for (std::size_t step = all.size() / 2; step > 0; step /= 2) {
    if (!write_together(all.subspan(written, step))) written += step;
  }
  return static_cast<std::ptrdiff_t>(written);
}

Status Store::insert(std::span<const Pending> batch) {
  for (const auto& [record, recording] : batch) {
    bind_trial(*insert_, record);
    if (const auto done = insert_->step(); !done) return done.error();
    if (recording.empty()) continue;
    if (auto failure = write_recording(record, recording)) return failure;
  }
  return std::nullopt;
}

Status Store::finish(Manifest::State state, double trials_per_second, const Visit& visit) {
  auto failure = flush();
  if (failure) return failure;
  const auto trials = count();
  if (!trials) return trials.error();
  const auto sum = digest(visit);
  if (!sum) return sum.error();
  manifest_.finished = *trials;
  manifest_.trials_sha256 = *sum;
  manifest_.end = utc_now();
  manifest_.state = state;
  manifest_.trials_per_second = trials_per_second;
  return write_manifest();
}

Result<std::vector<bool>> Store::finished(std::uint32_t cell) const {
  auto select = database_->prepare("SELECT trial FROM trials WHERE cell = ? ORDER BY trial");
  if (!select) return select.error();
  select->bind(0, std::int64_t{cell});
  std::vector<bool> done;
  for (;;) {
    const auto row = select->step();
    if (!row) return row.error();
    if (!*row) return done;
    const std::int64_t trial = select->integer(0).value_or(0);
    if (trial < 0 || trial >= kMaxTrials) {
      return Error{Error::Kind::corrupt, fmt::format("{}: trial {} is out of range", folder_.string(), trial)};
    }
    done.resize(static_cast<std::size_t>(trial) + 1);
    done.back() = true;
  }
}

Result<std::uint64_t> Store::count() const {
  const auto trials = database_->number("SELECT count(*) FROM trials");
  if (!trials) return trials.error();
  return static_cast<std::uint64_t>(*trials);
}

/// SHA-256 over the rows in the order of (cell, trial), each as its frame (results/record/wire.hpp).
Result<std::string> Store::digest(const Visit& visit) const {
  Sha256 sum;
  std::vector<std::uint8_t> frame;
  const auto failure = visit_rows([&](const TrialRecord& record) {
    frame.clear();
    encode(record, frame);
    sum.add(frame);
    if (visit) visit(record);
  });
  if (failure) return *failure;
  return sum.hex();
}

Status Store::for_each(const Visit& visit) const {
  const bool ended = !insert_ && !manifest_.trials_sha256.empty();
  Sha256 sum;
  std::vector<std::uint8_t> frame;
  const auto failure = visit_rows([&](const TrialRecord& record) {
    if (ended) {
      frame.clear();
      encode(record, frame);
      sum.add(frame);
    }
    visit(record);
  });
  if (failure || !ended || sum.hex() == manifest_.trials_sha256) return failure;
  return Error{Error::Kind::corrupt,
               fmt::format("{}: the trials are not those that the run ended with (SHA-256 differs from manifest.json)",
                           (folder_ / "trials.sqlite").string())};
}

Status Store::visit_rows(const Visit& visit) const {
  const std::string sql = std::string(select_) + " ORDER BY cell, trial";
  auto select = database_->prepare(sql.c_str());
  if (!select) return select.error();
  for (;;) {
    const auto row = select->step();
    if (!row) return row.error();
    if (!*row) return std::nullopt;
    visit(read_trial(*select));
  }
}

Result<std::optional<TrialRecord>> Store::typical(std::uint32_t cell) const {
  return first_of(
      "SELECT min(trial) FROM trials WHERE cell = ?1 GROUP BY outcome, reason ORDER BY count(*) DESC, min(trial) LIMIT "
      "1",
      cell);
}

Result<std::optional<TrialRecord>> Store::first_of(const char* sql, std::uint32_t cell) const {
  auto select = database_->prepare(sql);
  if (!select) return select.error();
  select->bind(0, std::int64_t{cell});
  const auto row = select->step();
  if (!row) return row.error();
  const auto trial = *row ? select->integer(0) : std::nullopt;
  if (!trial) return std::optional<TrialRecord>{};
  return find(cell, static_cast<std::uint64_t>(*trial));
}

Result<std::optional<TrialRecord>> Store::find(std::uint32_t cell, std::uint64_t trial) const {
  const std::string sql = std::string(select_) + " WHERE cell = ? AND trial = ?";
  auto select = database_->prepare(sql.c_str());
  if (!select) return select.error();
  select->bind(0, std::int64_t{cell});
  select->bind(1, static_cast<std::int64_t>(trial));
  const auto row = select->step();
  if (!row) return row.error();
  return *row ? std::optional(read_trial(*select)) : std::nullopt;
}

}  // namespace punchlab::results
