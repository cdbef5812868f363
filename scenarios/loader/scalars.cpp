#include "scenarios/loader/scalars.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "scenarios/loader/units.hpp"

namespace punchlab::loader {
namespace {

using link::Distribution;

double quantity_or(double fallback, const Quantity& quantity, const Value& value) {
  if (const auto* number = std::get_if<double>(&quantity)) return *number;
  value.fail(std::get<std::string>(quantity));
  return fallback;
}

double read_shape(const Value& value) {
  const double shape = quantity_or(1, parse_number(value.text("a shape")), value);
  if (shape > 0) return shape;
  value.fail(fmt::format("the shape {} is not above 0; write a plain number such as 1.5", shape));
  return 1;
}

Distribution read_uniform(const Value& value) {
  const auto ends = value.exactly(2, "uniform");
  if (ends.empty()) return {};
  const Distribution d{Distribution::Kind::uniform, read_seconds(ends[0]), read_seconds(ends[1])};
  if (d.a > d.b) ends[1].fail("the upper end of uniform lies below the lower one; write [low, high]");
  return d;
}

Distribution read_two(const Value& value, Distribution::Kind kind, double (*second)(const Value&), const char* what) {
  const auto parts = value.exactly(2, what);
  if (parts.empty()) return {};
  return {kind, read_seconds(parts[0]), second(parts[1])};
}

Distribution read_distribution(const Value& value) {
  const Section section{value, "a distribution", {"uniform", "normal", "exponential", "pareto"}};
  const auto* uniform = section.find("uniform");
  const auto* normal = section.find("normal");
  const auto* exponential = section.find("exponential");
  const auto* pareto = section.find("pareto");
  if ((uniform != nullptr) + (normal != nullptr) + (exponential != nullptr) + (pareto != nullptr) != 1)
    value.fail("a distribution has one key: uniform, normal, exponential or pareto");
  if (uniform) return read_uniform(*uniform);
  if (normal) return read_two(*normal, Distribution::Kind::normal, read_seconds, "normal");
  if (pareto) return read_two(*pareto, Distribution::Kind::pareto, read_shape, "pareto");
  return exponential ? Distribution{Distribution::Kind::exponential, read_seconds(*exponential), 0} : Distribution{};
}

}  // namespace

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  for (const char c : text)
    if (!fits(c) && c != '.' && c != '_' && c != '-') return false;
  return !text.empty() && text.size() <= 64 && fits(text.front());
}

double read_seconds(const Value& value) { return quantity_or(0, parse_duration(value.text("a duration")), value); }

Duration read_duration(const Value& value) { return Duration{std::llround(read_seconds(value) * 1e9)}; }

Duration read_positive_duration(const Value& value) {
  const auto duration = read_duration(value);
  if (duration.count() > 0 || !value.ok()) return duration;
  value.fail(fmt::format("{} is too short; give more than 0", value.as_written()));
  return Duration{1};
}

Distribution read_time(const Value& value) {
  return value.is_map() ? read_distribution(value) : Distribution::constant(read_seconds(value));
}

double read_probability(const Value& value) {
  return quantity_or(0, parse_probability(value.text("a probability")), value);
}

std::uint64_t read_rate(const Value& value) {
  return static_cast<std::uint64_t>(std::llround(quantity_or(1, parse_rate(value.text("a rate")), value)));
}

std::uint32_t read_size(const Value& value, std::uint32_t low, std::uint32_t high) {
  const double size = quantity_or(low, parse_size(value.text("a size")), value);
  if (size >= low && size <= high && size == std::floor(size)) return static_cast<std::uint32_t>(size);
  value.fail(fmt::format("{} is not a whole number of bytes from {} B to {} B", value.as_written(), low, high));
  return low;
}

std::uint64_t read_integer(const Value& value, std::uint64_t low, std::uint64_t high) {
  const auto text = value.text("a number");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (whole && number >= low && number <= high) return number;
  value.fail(fmt::format("\"{}\" is not a whole number from {} to {}", text, low, high));
  return low;
}

bool read_switch(const Value& value) {
  static constexpr Word<bool> kWords[] = {{"off", false}, {"on", true}, {"false", false}, {"true", true}};
  return read_word<bool>(value, "switch", kWords);
}

std::string read_name(const Value& value, std::string_view what) {
  auto text = value.text(what);
  if (is_name(text)) return text;
  value.fail(fmt::format("\"{}\" is no {}; use up to 64 letters, digits, '.', '_' and '-', a letter or digit first",
                         text, what));
  return "x";
}

std::string read_title(const Value& value) { return value.text("a title"); }

}  // namespace punchlab::loader
