#pragma once
// Whether what discovery found is what a profile declares.
#include <string>
#include <vector>

#include "protocol/discovery/findings.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::survey {

/// The axes on which they differ, as "filtering: declared address-dependent, found endpoint-independent"; empty when
/// they agree. An axis that cannot be told from inside must not have been found: docs/nat-model.md lists them.
std::vector<std::string> disagreements(const nat::Profile& declared, const discovery::Findings& found,
                                       Duration longest_timer = std::chrono::minutes{30});

/// The keys of what the table of NATs shows and discovery did not find, because it cannot be told from inside or takes
/// too long: nothing is then confirmed there.
std::vector<std::string> not_found(const nat::Profile& declared, const discovery::Findings& found);

/// Whether a hairpinned packet could arrive at all in the test of discovery, so that its absence says something.
bool hairpinning_can_be_told(const nat::Profile& profile);

const char* name_of(nat::Dependence d);
const char* name_of(nat::PortAllocation a);
const char* name_of(nat::Pooling p);
const char* name_of(nat::Hairpinning h);
const char* name_of(nat::Refresh r);

}  // namespace punchlab::survey
