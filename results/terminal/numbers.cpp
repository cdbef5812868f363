#include "results/terminal/numbers.hpp"

#include <fmt/format.h>

#include <cmath>

namespace punchlab::results {
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
  // Ends of an interval may be rounded: only the rate itself claims to be exact.
  const auto end = [](double rate) { return rate <= 0 ? "0" : rate >= 1 ? "100" : fmt::format("{:.1f}", 100 * rate); };
  return fmt::format("{}–{} %", end(interval.low), end(interval.high));
}

std::string short_range(const Interval& interval) {
  return fmt::format("{:.0f}–{:.0f}", std::floor(100 * interval.low), std::ceil(100 * interval.high));
}

std::string median_ms(const Sample& sample) {
  if (const auto ns = sample.median()) return fmt::format("{:.1f} ms", static_cast<double>(*ns) / 1e6);
  return sample.measured() == 0 ? "never" : "∞";
}

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

}  // namespace punchlab::results
