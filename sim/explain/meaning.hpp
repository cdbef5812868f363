#pragma once
// What a packet says, in the field's words: STUN, TURN, ICE, the rendezvous, and what of the session can be read
// without its keys.
#include <string>

#include "protocol/base/bytes.hpp"

namespace punchlab::explain {

/// Of a whole IP packet: "check, controlling, nominates", "Allocate request", "Noise IK message 1", ...
std::string meaning(Bytes packet);
/// Of a UDP payload.
std::string payload_meaning(Bytes payload);

}  // namespace punchlab::explain
