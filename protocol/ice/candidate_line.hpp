#pragma once
// Candidates as text: the "candidate" attribute of RFC 8839 section 5.1, without "a=" and line end, as other agents
// write and read it.
#include <optional>
#include <string>
#include <string_view>

#include "protocol/ice/candidate.hpp"

namespace punchlab::ice {

/// Takes extensions of any kind. Nothing when it is malformed, of another transport than UDP, of a component beside 1,
/// of an unknown type, or at a name instead of an address (mDNS). A foundation of more than eight characters becomes
/// another that is equal for equal ones.
std::optional<Candidate> parse_candidate_line(std::string_view line);

/// With raddr and rport where the base is known; a hidden one is 0.0.0.0 port 9 (RFC 8839 section 5.1).
std::string to_candidate_line(const Candidate& candidate);

}  // namespace punchlab::ice
