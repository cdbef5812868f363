#pragma once
// Errors of the store as values: what went wrong and where, ready to be printed.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace punchlab::results {

struct Error {
  enum class Kind : std::uint8_t {
    occupied,  ///< the folder already holds a run (usage: --resume, or another folder)
    foreign,   ///< the folder holds something that is not a run
    corrupt,   ///< the folder was a run, but cannot be read as one
    mismatch,  ///< --resume of a run of another scenario, seed, backend or commit
    busy,      ///< another process is writing to the run
    io,        ///< the machine refused: disk full, folder gone, no permission; the text holds errno's words
  };
  Kind kind = Kind::io;
  std::string text;  ///< one line that names the file

  /// What the command line ends with: 3 when the machine is at fault, 2 when the input is (DESIGN.md section 7).
  int exit_status() const { return kind == Kind::io ? 3 : 2; }
};

/// Nothing: all went well.
using Status = std::optional<Error>;

/// A value, or why there is none.
template <class T>
class Result {
 public:
  Result(T value)
      : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): return either, like std::expected
  Result(Error error) : value_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return value_.index() == 0; }
  T& operator*() { return std::get<0>(value_); }
  const T& operator*() const { return std::get<0>(value_); }
  T* operator->() { return &std::get<0>(value_); }
  const T* operator->() const { return &std::get<0>(value_); }
  const Error& error() const { return std::get<1>(value_); }

 private:
  std::variant<T, Error> value_;
};

}  // namespace punchlab::results
