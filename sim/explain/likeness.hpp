#pragma once
// How a packet is known again behind a gateway: by what a translation leaves alone, and by its two ends.
#include <vector>

#include "sim/packet/packet.hpp"

namespace punchlab::explain {

/// What is the same of a packet wherever it is seen on its way: of UDP the payload; of TCP sequence numbers, flags,
/// window, options and payload (RFC 9293); of ICMP type and code and, of what an error quotes, the same again (RFC
/// 5508: addresses, ports, query identifiers and checksums change). Its protocol comes first.
std::vector<std::uint8_t> lasting_part(Bytes packet, const packet::View& view);

struct Ends {
  TransportAddress source, destination;
  friend bool operator==(const Ends&, const Ends&) = default;
};
/// Of an ICMP error those of the packet that it quotes, turned round: with ports, and consistent through translations.
Ends ends_of(Bytes packet, const packet::View& view);

}  // namespace punchlab::explain
