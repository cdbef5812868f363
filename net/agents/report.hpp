#pragma once
// The line that a driver reports (docs/agents.md, step 4): what it claims.
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/time.hpp"

namespace punchlab::agents {

struct DriverReport {
  std::string outcome;
  std::string error;
  std::uint32_t echoes_sent = 0;
  std::uint32_t echoes_answered = 0;
  std::optional<Duration> connected;   ///< from its time zero: the first pair was selected
  std::optional<Duration> round_trip;  ///< median of the echoes
};

/// The last line of a driver's output. Nothing when it is no JSON object with outcome and echoes.
std::optional<DriverReport> parse_report(std::string_view output);

}  // namespace punchlab::agents
