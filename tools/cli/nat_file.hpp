#pragma once
// What behaviour discovery found, as the file of a NAT that scenarios take in by its name.
#include <string>
#include <vector>

#include "protocol/discovery/findings.hpp"

namespace punchlab::cli {

/// Of mapping and filtering, which decide every outcome, those that were not found. A firewall maps nothing.
std::vector<std::string> undecided_axes(const discovery::Findings& found);

/// The text of `nats/NAME.yaml`. Where an axis of `undecided_axes` stands it says `unknown`, which no scenario takes;
/// other axes that were not found are named in a comment.
std::string nat_file(const std::string& name, const TransportAddress& server, const discovery::Findings& found);

}  // namespace punchlab::cli
