#pragma once
// Single values: quantities, integers, switches, names and words of a fixed set. Each fails at the value's own place
// and then gives a harmless default.
#include <array>
#include <span>

#include "scenarios/loader/nearest.hpp"
#include "scenarios/loader/value.hpp"

namespace punchlab::loader {

double read_seconds(const Value& value);
Duration read_duration(const Value& value);
/// More than zero.
Duration read_positive_duration(const Value& value);
/// A duration or one of {uniform: [low, high]}, {normal: [mean, deviation]}, {exponential: mean}, {pareto: [scale,
/// shape]}.
link::Distribution read_time(const Value& value);
double read_probability(const Value& value);
std::uint64_t read_rate(const Value& value);
std::uint32_t read_size(const Value& value, std::uint32_t low, std::uint32_t high);
std::uint64_t read_integer(const Value& value, std::uint64_t low, std::uint64_t high);
/// on or off (true or false).
bool read_switch(const Value& value);
/// Up to 64 letters, digits, '.', '_' and '-', not beginning with a mark: safe in paths, in labels and on command
/// lines.
bool is_name(std::string_view text);
std::string read_name(const Value& value, std::string_view what);
/// Any text, for people.
std::string read_title(const Value& value);

/// A word of a fixed set and what it stands for.
template <class T>
struct Word {
  const char* text;
  T value;
};

template <class T>
T read_word(const Value& value, std::string_view what, std::span<const Word<T>> words) {
  const auto text = value.text(what);
  std::vector<std::string> known;
  for (const auto& word : words) {
    if (text == word.text) return word.value;
    known.emplace_back(word.text);
  }
  value.fail("\"" + text + "\" is not a known " + std::string{what} + "; " + suggest(text, known));
  return words.front().value;
}

/// A key of a section and how it fills in a `T`.
template <class T>
struct Field {
  const char* key;
  void (*read)(T&, const Value&);
};

template <class T, std::size_t N>
std::vector<std::string> keys_of(const Field<T> (&fields)[N], std::initializer_list<const char*> more = {}) {
  std::vector<std::string> keys{more.begin(), more.end()};
  for (const auto& field : fields) keys.emplace_back(field.key);
  return keys;
}

template <class T, std::size_t N>
void read_fields(const Section& section, const Field<T> (&fields)[N], T& out) {
  for (const auto& field : fields)
    if (const auto* value = section.find(field.key)) field.read(out, *value);
}

}  // namespace punchlab::loader
