#include "results/terminal/numbers.hpp"

#include <fmt/format.h>

#include <cmath>

namespace punchlab::results {
namespace {

/// "1,885.0"
std::string ms_number(std::int64_t ns) {
  const auto text = fmt::format("{:.1f}", std::abs(static_cast<double>(ns)) / 1e6);
  const auto point = text.size() - 2;
  return (ns < 0 && text != "0.0" ? "−" : "") + grouped(std::stoull(text.substr(0, point))) + text.substr(point);
}

/// Ends of an interval may be rounded, but not to 0 or 100: there they get as many decimals as tell them apart.
std::string end_of_range(double rate) {
  if (rate <= 0 || rate >= 1) return percent_number(rate);
  for (int decimals = 1; decimals < 6; ++decimals) {
    const auto text = fmt::format("{:.{}f}", 100 * rate, decimals);
    if (const double shown = std::stod(text); shown > 0 && shown < 100) return text;
  }
  return percent_number(rate);
}

}  // namespace

std::string percent_number(double rate) {
  if (rate <= 0) return "0";
  if (rate >= 1) return "100";
  const double value = 100 * rate;
  if (value < 0.05) return "<0.1";
  if (value > 99.95) return ">99.9";
  return fmt::format("{:.1f}", value);
}

std::string percent(double rate) { return percent_number(rate) + " %"; }

std::string percent_range(const Interval& interval) {
  return fmt::format("{}–{} %", end_of_range(interval.low), end_of_range(interval.high));
}

std::string short_range(const Interval& interval) {
  return fmt::format("{:.0f}–{:.0f}", std::floor(100 * interval.low), std::ceil(100 * interval.high));
}

std::string median_ms(const Sample& sample) {
  if (const auto ns = sample.median()) return ms_number(*ns) + " ms";
  return sample.measured() == 0 ? "never" : "∞";
}

std::string ms_range(std::int64_t least_ns, std::int64_t most_ns) {
  const auto least = ms_number(least_ns), most = ms_number(most_ns);
  return least == most ? least + " ms" : fmt::format("{}–{} ms", least, most);
}

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

}  // namespace punchlab::results
