#pragma once
// What a trial's datagrams carry, as far as it shows without keys.
#include "protocol/base/bytes.hpp"

namespace punchlab::trial {

/// What a relay's datagram carries, in ChannelData or in a Send or Data indication; any other payload as it is.
Bytes relayed_payload(Bytes payload);

/// Application data of the session, bare or on its way through the relay: what the trial's own traffic looks like.
bool carries_data(Bytes payload);

}  // namespace punchlab::trial
