#pragma once
// One function for each technique's object; technique.cpp puts them in order.
#include "protocol/policy/technique.hpp"

namespace punchlab {

const Technique& low_ttl_opener();
const Technique& port_prediction();

}  // namespace punchlab
