#include "protocol/turn/channel_data.hpp"

#include "protocol/turn/constants.hpp"

namespace punchlab::turn {

std::optional<ChannelData> parse_channel_data(Bytes message) {
  ByteReader in(message);
  const auto channel = in.u16();
  const auto length = in.u16();
  const auto payload = in.bytes(length);
  if (!in.ok() || !is_channel(channel)) return std::nullopt;
  return ChannelData{channel, payload};
}

std::size_t write_channel_data(std::uint16_t channel, Bytes payload, Transport transport, MutableBytes out) {
  if (payload.size() > 0xFFFF) return 0;
  ByteWriter writer(out);
  writer.u16(channel);
  writer.u16(static_cast<std::uint16_t>(payload.size()));
  writer.bytes(payload);
  while (is_stream(transport) && writer.ok() && writer.size() % 4 != 0) writer.u8(0);
  return writer.ok() ? writer.size() : 0;
}

}  // namespace punchlab::turn
