#pragma once
// A trial as a capture file that Wireshark and tshark read, with what became of each packet as its comment.
#include <cstdint>
#include <vector>

#include "sim/explain/journeys.hpp"

namespace punchlab::explain {

/// pcapng (draft-ietf-opsawg-pcapng): one interface per host and gateway, raw IP, nanoseconds of virtual time. A packet
/// stands once for each place it came to: as it left a host, as each gateway translated it, as it was where it ended.
std::vector<std::uint8_t> pcapng(const Recording& recording, const std::vector<Journey>& journeys);

}  // namespace punchlab::explain
