#include "scenarios/loader/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenarios/loader/nearest.hpp"

namespace punchlab::loader {
namespace {

const char* kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  return node.IsScalar() ? "a text" : "empty";
}

/// Writes `node` in flow style. It stops soon after kLongestText: aliases can make a short file endless to write out.
class FlowWriter {
 public:
  std::string text;

  void value(const YAML::Node& node) {
    if (node.IsMap())
      braces('{', node, '}');
    else if (node.IsSequence())
      braces('[', node, ']');
    else
      text += node.IsScalar() ? node.Scalar() : "~";
  }
  /// What stands between the braces.
  void inside(const YAML::Node& node) {
    bool first = true;
    for (const auto& item : node) {
      if (text.size() > kLongestText) return;
      if (!std::exchange(first, false)) text += ", ";
      if (!node.IsMap())
        value(item);
      else
        pair(item.first, item.second);
    }
  }

 private:
  static constexpr std::size_t kLongestText = 4'000;

  void braces(char open, const YAML::Node& node, char close) {
    text += open;
    inside(node);
    text += close;
  }
  void pair(const YAML::Node& key, const YAML::Node& node) {
    value(key);
    text += ": ";
    value(node);
  }
};

}  // namespace

Value::Value(YAML::Node node, YAML::Mark mark, std::shared_ptr<const std::string> path, Report& report)
    : node_(std::move(node)), mark_(mark), path_(std::move(path)), report_(&report) {}

void Value::fail(std::string text) const {
  // A text from the file may hold line breaks; a problem is one line.
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  report_->add({*path_, mark_.line + 1, mark_.column + 1, std::move(text)});
}

Value Value::child(const YAML::Node& node) const {
  // An empty value has no place of its own.
  return {node, node.IsNull() ? mark_ : node.Mark(), path_, *report_};
}

std::string Value::text(std::string_view what) const {
  if (node_.IsScalar() && !node_.Scalar().empty()) return node_.Scalar();
  fail(fmt::format("{} is {}; give one word or quantity", what, node_.IsScalar() ? "empty" : kind_of(node_)));
  return {};
}

std::vector<Value> Value::items(std::string_view what) const {
  if (node_.IsNull()) fail(fmt::format("{} is empty; give at least one", what));
  if (!node_.IsSequence()) return {*this};
  if (node_.size() == 0) fail(fmt::format("{} is an empty list; give at least one", what));
  std::vector<Value> out;
  for (const auto& item : node_) out.push_back(child(item));
  return out;
}

std::vector<Value> Value::exactly(std::size_t count, std::string_view what) const {
  if (node_.IsSequence() && node_.size() == count) return items(what);
  fail(fmt::format("{} takes a list of {}, as in [a, b]", what, count));
  return {};
}

std::vector<std::pair<Value, Value>> Value::entries(std::string_view what) const {
  std::vector<std::pair<Value, Value>> out;
  if (!node_.IsMap()) {
    fail(fmt::format("{} is {}; give a mapping of keys to values", what, kind_of(node_)));
    return out;
  }
  for (const auto& entry : node_) {
    const auto key = child(entry.first);
    if (!entry.first.IsScalar()) key.fail(fmt::format("a key of {} is {}; keys are words", what, kind_of(entry.first)));
    out.emplace_back(key,
                     entry.second.IsNull() ? Value{entry.second, key.mark_, path_, *report_} : child(entry.second));
  }
  return out;
}

std::string Value::as_written() const {
  FlowWriter writer;
  if (node_.IsMap() || node_.IsSequence())
    writer.inside(node_);
  else
    writer.value(node_);
  return std::move(writer.text);
}

Section::Section(const Value& value, std::string_view what, const std::vector<std::string>& keys)
    : value_(value), what_(what) {
  for (const auto& [key, entry] : value.entries(what)) {
    const auto name = key.as_written();
    const auto* earlier = find(name);
    if (std::find(keys.begin(), keys.end(), name) == keys.end())
      key.fail(fmt::format("unknown key \"{}\" in {}; {}", name, what, suggest(name, keys)));
    else if (earlier)
      key.fail(fmt::format("\"{}\" is given twice in {}; keep one", name, what));
    else
      entries_.emplace_back(name, entry);
    if (!value.ok()) return;
  }
}

const Value* Section::find(std::string_view key) const& {
  for (const auto& [name, value] : entries_)
    if (name == key) return &value;
  return nullptr;
}

const Value* Section::require(std::string_view key) const& {
  const auto* found = find(key);
  if (!found) value_.fail(fmt::format("{} has no \"{}\"; add it", what_, key));
  return found;
}

}  // namespace punchlab::loader
