#pragma once
// A value of a YAML file that knows its place, so that whatever is wrong with it can be said as file:line:column.
// Reading goes on after a problem with harmless defaults; the first problem is kept and decides in the end.
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/loader/loader.hpp"
#include "sim/link/distribution.hpp"

namespace punchlab::loader {

/// Keeps the first problem of a load.
class Report {
 public:
  void add(Problem problem) {
    if (!first_) first_ = std::move(problem);
  }
  const std::optional<Problem>& first() const { return first_; }
  bool ok() const { return !first_; }

 private:
  std::optional<Problem> first_;
};

/// A node of a file. Cheap to copy; the Report outlives it.
class Value {
 public:
  Value(YAML::Node node, YAML::Mark mark, std::shared_ptr<const std::string> path, Report& report);

  void fail(std::string text) const;
  bool ok() const { return report_->ok(); }
  bool is_text() const { return node_.IsScalar(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_map() const { return node_.IsMap(); }
  int line() const { return mark_.line + 1; }
  const std::string& path() const { return *path_; }

  /// The scalar as written; for anything else it fails with "`what` ...".
  std::string text(std::string_view what) const;
  /// The elements of a list that is not empty, or the value itself as the only element.
  std::vector<Value> items(std::string_view what) const;
  /// The elements of a list of exactly `count`; else it fails and gives nothing.
  std::vector<Value> exactly(std::size_t count, std::string_view what) const;
  /// The keys and values of a map in the order of the file; fails on a doubled or non-textual key.
  std::vector<std::pair<Value, Value>> entries(std::string_view what) const;
  /// On one line, as a flow mapping or list without its outer braces.
  std::string as_written() const;

 private:
  Value child(const YAML::Node& node) const;

  YAML::Node node_;
  YAML::Mark mark_;
  std::shared_ptr<const std::string> path_;
  Report* report_;
};

/// A mapping whose keys are all known and given once.
class Section {
 public:
  Section(const Value& value, std::string_view what, const std::vector<std::string>& keys);
  // What they point to lives in the section, so a temporary one has none to give.
  const Value* find(std::string_view key) const&;
  const Value* find(std::string_view key) && = delete;
  /// Fails when it is missing.
  const Value* require(std::string_view key) const&;
  const Value* require(std::string_view key) && = delete;
  const Value& value() const { return value_; }

 private:
  Value value_;
  std::string what_;
  std::vector<std::pair<std::string, Value>> entries_;
};

/// A parsed file and what it says, byte by byte.
struct File {
  Value root;
  std::string text;
};

/// Reads and parses one file; nothing after a problem.
std::optional<File> read_file(const std::filesystem::path& path, Report& report);
/// The same for a text that lies in memory; `path` is what messages call it.
std::optional<File> parse_file(const std::filesystem::path& path, const std::string& text, Report& report);

}  // namespace punchlab::loader
