#pragma once
#include <string>
#include <string_view>

namespace punchlab::results {

/// A field of RFC 4180: in quotes when it holds a comma, a quote or the end of a line.
inline std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace punchlab::results
