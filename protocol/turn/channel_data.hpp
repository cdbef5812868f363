#pragma once
// The ChannelData message (RFC 8656 section 12.4): number, length, payload; padded to four bytes on streams.
#include <cstdint>
#include <optional>

#include "protocol/base/address.hpp"
#include "protocol/base/bytes.hpp"

namespace punchlab::turn {

/// A view: the message must outlive it.
struct ChannelData {
  std::uint16_t channel = 0;  ///< 0x4000-0x4FFF
  Bytes payload;              ///< without padding
};

/// Nothing when `message` is shorter than its length says or its number is none of a channel. Bytes behind the payload
/// are padding and ignored.
std::optional<ChannelData> parse_channel_data(Bytes message);

/// Size of the whole message, padded when `transport` is a stream; 0 when it does not fit `out`.
std::size_t write_channel_data(std::uint16_t channel, Bytes payload, Transport transport, MutableBytes out);

}  // namespace punchlab::turn
