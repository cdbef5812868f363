#pragma once
// Which requirements of RFC 4787 (UDP) and RFC 5382 (TCP) a profile breaks.
#include <string>
#include <vector>

#include "sim/nat/profile.hpp"

namespace punchlab::nat {

/// One line each, as "REQ-8: ..." for RFC 4787 and "RFC 5382 REQ-5: ..." for RFC 5382, in that order; the text says
/// when the requirement is only a recommendation. Empty for a firewall that does not translate, whatever it filters:
/// both are about NATs. What the model does alike for every profile (fragments, ICMP errors, ALGs) is not judged.
std::vector<std::string> broken_requirements(const Profile& profile);

}  // namespace punchlab::nat
