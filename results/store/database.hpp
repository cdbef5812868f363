#pragma once
// trials.sqlite through SQLite's C interface, with errors as values. Nothing here knows what a trial is.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "results/store/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace punchlab::results {

class Database;

/// A prepared statement. Parameters and columns count from 0.
class Statement {
 public:
  void bind(int index, std::optional<std::int64_t> value);
  /// `text` must live until the next `step`.
  void bind(int index, std::string_view text);
  /// `bytes` must live until the next `step`.
  void bind(int index, Bytes bytes);
  /// True: a row is there. False: done, and ready to be bound and run again.
  Result<bool> step();
  std::optional<std::int64_t> integer(int column) const;
  std::string_view text(int column) const;  ///< lives until the next step
  Bytes bytes(int column) const;            ///< the same

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  const Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection. Movable only behind a pointer, because statements keep its address.
class Database {
 public:
  enum class Mode : std::uint8_t { read, write };
  /// `write` creates the file when it is not there.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Mode mode);

  Status execute(const char* sql);
  Result<Statement> prepare(const char* sql);
  /// The first column of the first row.
  Result<std::int64_t> number(const char* sql);
  /// The connection's last error in words, with errno's when the system gave one.
  Error error(std::string_view doing) const;

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace punchlab::results
