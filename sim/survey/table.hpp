#pragma once
// The table of `punchlab nats`: every NAT with what it declares, what discovery finds, and the requirements that it
// breaks.
#include <span>
#include <string>
#include <vector>

#include "protocol/discovery/findings.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::survey {

/// One NAT as words; the fields of the JSON output bear the same names.
struct Row {
  std::string name;
  std::string title;
  std::string source;
  std::string mapping;  ///< "-" where the axis does not apply
  std::string filtering;
  std::string port_allocation;
  std::string pooling;
  std::string hairpinning;
  std::string timers;                      ///< "120 s / 300 s": unreplied and replied UDP
  std::string found;                       ///< the findings as a scenario's NAT, one `key: value` a line
  std::vector<std::string> disagreements;  ///< empty: discovery found what the profile declares
  std::vector<std::string> not_found;      ///< fields above that discovery cannot confirm
  std::vector<std::string> broken_requirements;
  bool agrees() const { return disagreements.empty(); }
};

/// Runs discovery through `profile` and makes its row.
Row survey(const nat::Profile& profile, std::uint64_t seed);

/// The rows as a table for a terminal, lines ended by '\n'. What discovery cannot confirm has an asterisk.
std::string render(std::span<const Row> rows);

}  // namespace punchlab::survey
