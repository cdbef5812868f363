#pragma once
// Numbers as the terminal shows them.
#include <cstdint>
#include <string>

#include "results/statistics/sample.hpp"
#include "results/store/summary.hpp"

namespace punchlab::results {

/// "100", "97.5", "0": one decimal unless it is exact without; ">99.9" rather than a 100 that is none.
std::string percent_number(double rate);
/// The same with " %".
std::string percent(double rate);
/// "98.1–100 %"
std::string percent_range(const Interval& interval);
/// "98–100", in whole percent, rounded outwards.
std::string short_range(const Interval& interval);
/// "180.3 ms"; "∞" when most trials never got there, "never" when none did.
std::string median_ms(const Sample& sample);
/// "180.3–2,315.0 ms", or one number where both show the same.
std::string ms_range(std::int64_t least_ns, std::int64_t most_ns);
/// 12345678 as "12,345,678"
std::string grouped(std::uint64_t number);

}  // namespace punchlab::results
