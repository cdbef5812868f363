#pragma once
// Quantities as scenario files write them: a number and its unit, "20 ms". Nothing here knows YAML.
#include <string>
#include <string_view>
#include <variant>

namespace punchlab::loader {

/// The value, or one sentence that says what is wrong with the text and what to write.
using Quantity = std::variant<double, std::string>;

/// Seconds, 0 to 720 h. Units: ns, us, ms, s, min, h.
Quantity parse_duration(std::string_view text);
/// Bit per second, above 0 to 1000 Gbit/s. Units: bit/s, kbit/s, Mbit/s, Gbit/s (powers of 1000).
Quantity parse_rate(std::string_view text);
/// Bytes. Units: B, kB (1000 B).
Quantity parse_size(std::string_view text);
/// 0 to 1. "0.1 %" or the plain number 0.001.
Quantity parse_probability(std::string_view text);
/// A finite plain number.
Quantity parse_number(std::string_view text);

}  // namespace punchlab::loader
