#pragma once
// A trial as a sequence diagram: one column per host and gateway, time downwards, one row per packet.
#include <string>

#include "sim/explain/journeys.hpp"

namespace punchlab::explain {

/// An <svg> element that needs nothing else: its colours follow the reader's light or dark mode. Packets of application
/// data are counted, not drawn.
std::string diagram_svg(const Recording& recording, const std::vector<Journey>& journeys);

/// A whole page: title, sentence, diagram, and the listing as text.
std::string diagram_html(const Recording& recording, const std::vector<Journey>& journeys, const std::string& title,
                         const std::string& command);

}  // namespace punchlab::explain
