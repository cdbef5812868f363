#pragma once
// The packets of a trial as text.
#include <string>

#include "sim/explain/journeys.hpp"

namespace punchlab::explain {

struct ListingOptions {
  bool all = false;  ///< every packet of application data too, instead of their number
};

/// Who is who, every packet with each gateway's verdict and what it changed in the gateway's table, and the tables at
/// the end.
std::string listing(const Recording& recording, const std::vector<Journey>& journeys, const ListingOptions& options);

}  // namespace punchlab::explain
