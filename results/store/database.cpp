#include "results/store/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace punchlab::results {
namespace {

/// How long to wait for a reader that holds the file, such as a report made while the run goes on.
constexpr int kBusyMilliseconds = 60'000;

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

void Statement::bind(int index, std::optional<std::int64_t> value) {
  if (value) {
    sqlite3_bind_int64(statement_.get(), index + 1, *value);
  } else {
    sqlite3_bind_null(statement_.get(), index + 1);
  }
}

void Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_.get(), index + 1, text.empty() ? "" : text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
}

void Statement::bind(int index, Bytes bytes) {
  static constexpr std::uint8_t kNothing = 0;
  sqlite3_bind_blob(statement_.get(), index + 1, bytes.empty() ? &kNothing : bytes.data(),
                    static_cast<int>(bytes.size()), SQLITE_STATIC);
}

Result<bool> Statement::step() {
  errno = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  Error error = database_->error("cannot use");
  sqlite3_reset(statement_.get());
  return error;
}

std::optional<std::int64_t> Statement::integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Bytes Statement::bytes(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Mode mode) {
  auto database = std::make_unique<Database>();
  database->path_ = path;
  sqlite3* handle = nullptr;
  errno = 0;
  // Reading opens for writing too when it can: after a kill, the first reader has to roll the journal back.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == Mode::write ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  database->handle_.reset(handle);
  if (code != SQLITE_OK) return database->error("cannot open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  return database;
}

Status Database::execute(const char* sql) {
  errno = 0;
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return std::nullopt;
  return error("cannot write");
}

Result<Statement> Database::prepare(const char* sql) {
  Statement statement;
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) return error("cannot use");
  statement.database_ = this;
  statement.statement_.reset(raw);
  return statement;
}

Result<std::int64_t> Database::number(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0).value_or(0) : 0;
}

Error Database::error(std::string_view doing) const {
  const int code = sqlite3_errcode(handle_.get()) & 0xFF;
  const bool corrupt = code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_SCHEMA;
  std::string text = fmt::format("{} {}: {}", doing, path_.string(), sqlite3_errmsg(handle_.get()));
  // SQLite knows a full disk without keeping errno, and loses errno where a transaction was rolled back.
  const int kept = sqlite3_system_errno(handle_.get());
  const int system = code == SQLITE_FULL ? ENOSPC : kept != 0 ? kept : errno;
  if (system != 0 && !corrupt) text += fmt::format(" ({})", std::strerror(system));
  const auto kind = corrupt ? Error::Kind::corrupt : code == SQLITE_BUSY ? Error::Kind::busy : Error::Kind::io;
  return {kind, std::move(text)};
}

}  // namespace punchlab::results
