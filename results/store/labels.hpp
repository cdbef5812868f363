#pragma once
// How cells are called in results, tables and files.
#include <string>

#include "sim/trial/plan.hpp"

namespace punchlab::results {

/// The link variant of a cell: empty when the scenario has one only, the name when all sides that name one agree, else
/// "client lossy, connector plain, relay near". With a shared network, what it stands behind follows: "shared cgn",
/// "lossy, shared cgn/fibre".
std::string link_label(const trial::Cell& cell);

}  // namespace punchlab::results
