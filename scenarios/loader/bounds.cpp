#include "scenarios/loader/bounds.hpp"

#include <limits>

namespace punchlab::loader {
namespace {

using Result = std::variant<Bounds, std::string>;
using Parse = Quantity (*)(std::string_view);

constexpr double kOpen = std::numeric_limits<double>::infinity();

/// Two quantities, one on either side of `mark`, put together by `join`.
Result parse_two(std::string_view text, std::string_view mark, Parse parse, Bounds (*join)(double, double)) {
  const auto at = text.find(mark);
  const auto left = parse(text.substr(0, at));
  const auto right = parse(text.substr(at + mark.size()));
  if (const auto* wrong = std::get_if<std::string>(&left)) return *wrong;
  if (const auto* wrong = std::get_if<std::string>(&right)) return *wrong;
  return join(std::get<double>(left), std::get<double>(right));
}

Result parse_one(std::string_view text, Parse parse, Bounds (*make)(double)) {
  const auto value = parse(text);
  if (const auto* wrong = std::get_if<std::string>(&value)) return *wrong;
  return make(std::get<double>(value));
}

}  // namespace

Result parse_bounds(std::string_view text, Parse parse) {
  if (text.starts_with(">=")) return parse_one(text.substr(2), parse, [](double v) { return Bounds{v, kOpen}; });
  if (text.starts_with("<=")) return parse_one(text.substr(2), parse, [](double v) { return Bounds{-kOpen, v}; });
  if (text.find("+-") != text.npos)
    return parse_two(text, "+-", parse, [](double v, double d) { return Bounds{v - d, v + d}; });
  if (text.find(" to ") == text.npos) return parse_one(text, parse, [](double v) { return Bounds{v, v}; });
  auto range = parse_two(text, " to ", parse, [](double a, double b) { return Bounds{a, b}; });
  if (const auto* ends = std::get_if<Bounds>(&range); ends && ends->low > ends->high)
    return "the range ends below its start; write low to high";
  return range;
}

}  // namespace punchlab::loader
