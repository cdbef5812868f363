#include "scenarios/loader/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <span>

namespace punchlab::loader {
namespace {

struct Unit {
  std::string_view name;
  double numerator;
  double denominator;  // so that "20 ms" is 20 / 1000, the double nearest to 0.02
};

struct Measure {
  std::string_view what;
  std::string_view example;
  std::span<const Unit> units;
  double largest;
  std::string_view largest_text;
};

constexpr Unit kTimes[] = {{"ns", 1, 1e9}, {"us", 1, 1e6}, {"ms", 1, 1e3}, {"s", 1, 1}, {"min", 60, 1}, {"h", 3600, 1}};
constexpr Unit kRates[] = {{"bit/s", 1, 1}, {"kbit/s", 1e3, 1}, {"Mbit/s", 1e6, 1}, {"Gbit/s", 1e9, 1}};
constexpr Unit kSizes[] = {{"B", 1, 1}, {"kB", 1e3, 1}};
constexpr Measure kDuration{"a duration", "20 ms", kTimes, 2'592'000, "720 h"};
constexpr Measure kRate{"a rate", "10 Mbit/s", kRates, 1e12, "1000 Gbit/s"};
constexpr Measure kSize{"a size", "200 B", kSizes, 1e9, "1000000 kB"};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct Split {
  bool ok = false;
  double number = 0;
  std::string_view unit;
};

Split split(std::string_view text) {
  text = trim(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return {};
  return {true, number, trim(text.substr(static_cast<std::size_t>(end - text.data())))};
}

std::string unit_names(const Measure& measure) {
  std::string out;
  for (const auto& unit : measure.units) out += fmt::format("{}{}", out.empty() ? "" : ", ", unit.name);
  return out;
}

std::string wrong_unit(std::string_view text, std::string_view unit, const Measure& measure) {
  if (unit.empty())
    return fmt::format("\"{}\" has no unit; write {} such as {} (units: {})", trim(text), measure.what, measure.example,
                       unit_names(measure));
  return fmt::format("\"{}\" is not a unit of {}; use one of {}", unit, measure.what, unit_names(measure));
}

Quantity in_range(double value, std::string_view text, const Measure& measure) {
  if (value < 0) return fmt::format("{} is negative; {} starts at 0", trim(text), measure.what);
  if (value > measure.largest)
    return fmt::format("{} is too much; {} is at most {}", trim(text), measure.what, measure.largest_text);
  return value;
}

Quantity parse(std::string_view text, const Measure& measure) {
  const auto parts = split(text);
  if (!parts.ok)
    return fmt::format("\"{}\" is not {}; write one such as {} (units: {})", trim(text), measure.what, measure.example,
                       unit_names(measure));
  for (const auto& unit : measure.units)
    if (unit.name == parts.unit) return in_range(parts.number * unit.numerator / unit.denominator, text, measure);
  return wrong_unit(text, parts.unit, measure);
}

}  // namespace

Quantity parse_duration(std::string_view text) { return parse(text, kDuration); }

Quantity parse_rate(std::string_view text) {
  const auto rate = parse(text, kRate);
  if (const auto* value = std::get_if<double>(&rate); value && *value < 1)
    return fmt::format("{} carries nothing; a rate is at least 1 bit/s", trim(text));
  return rate;
}

Quantity parse_size(std::string_view text) { return parse(text, kSize); }

Quantity parse_probability(std::string_view text) {
  const auto parts = split(text);
  if (!parts.ok || (!parts.unit.empty() && parts.unit != "%"))
    return fmt::format("\"{}\" is not a probability; write one such as 0.1 % or 0.001", trim(text));
  const double value = parts.unit.empty() ? parts.number : parts.number / 100;
  if (value < 0) return fmt::format("{} is negative; a probability lies between 0 and 1", trim(text));
  if (value <= 1) return value;
  if (parts.unit == "%") return fmt::format("{} is over 100 %", trim(text));
  return fmt::format("{} is over 1; a plain number is a probability, write {} % for a percentage", trim(text),
                     trim(text));
}

Quantity parse_number(std::string_view text) {
  const auto parts = split(text);
  if (!parts.ok || !parts.unit.empty()) return fmt::format("\"{}\" is not a plain number", trim(text));
  return parts.number;
}

}  // namespace punchlab::loader
