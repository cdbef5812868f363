#pragma once
// What an expectation demands of a quantity: "100 %", ">= 95 %", "86.0 % +- 0.5 %", "10 ms to 20 ms".
#include <string>
#include <string_view>
#include <variant>

#include "scenarios/loader/units.hpp"

namespace punchlab::loader {

struct Bounds {
  double low = 0;
  double high = 0;
};

/// Both ends in what `parse` gives; an open end is infinite. Else one sentence that says what is wrong.
std::variant<Bounds, std::string> parse_bounds(std::string_view text, Quantity (*parse)(std::string_view));

}  // namespace punchlab::loader
