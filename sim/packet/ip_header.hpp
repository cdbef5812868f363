#pragma once
// Writing IP headers.
#include "protocol/base/address.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::packet {

/// The IPv4 or IPv6 header without options for `payload_size` bytes that follow; returns its size, or 0 when the whole
/// packet does not fit `out`, is longer than 65535 bytes, or the families differ.
std::size_t write_ip_header(MutableBytes out, std::uint8_t protocol, const IpAddress& source,
                            const IpAddress& destination, std::uint8_t ttl, std::size_t payload_size);

}  // namespace punchlab::packet
