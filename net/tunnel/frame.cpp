#include "net/tunnel/frame.hpp"

#include <algorithm>

namespace punchlab::tunnel {
namespace {

enum Type : std::uint8_t { kAck = 1, kOpen, kData, kWindowType, kReset, kPing, kGoodbye };

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Each range must lie below the one before it.
std::optional<Frame> read_ack(ByteReader& in) {
  AckFrame ack;
  ack.delay = std::chrono::microseconds{in.u32()};
  const auto count = in.u8();
  if (count == 0 || count > kMaxAckRanges) return std::nullopt;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const Interval range{in.u64(), in.u64()};
    if (range.begin >= range.end || (i > 0 && range.end >= ack.ranges.back().begin)) return std::nullopt;
    ack.ranges.push_back(range);
  }
  return ack;
}

std::optional<Frame> read_data(ByteReader& in) {
  DataFrame data;
  data.channel = {in.u32()};
  data.offset = in.u64();
  data.end = in.u8() != 0;
  data.bytes = in.bytes(in.u16());
  if (data.offset > std::uint64_t{1} << 62) return std::nullopt;
  return data;
}

std::optional<Frame> read_reset(ByteReader& in) {
  const ChannelId channel{in.u32()};
  const auto code = in.u8();
  if (code < 1 || code > 4) return std::nullopt;
  return ResetFrame{channel, static_cast<ResetCode>(code)};
}

std::optional<Frame> read_body(std::uint8_t type, ByteReader& in) {
  switch (type) {
    case kAck: return read_ack(in);
    case kOpen: {
      const ChannelId channel{in.u32()};
      return OpenFrame{channel, as_text(in.bytes(in.u8()))};
    }
    case kData: return read_data(in);
    case kWindowType: {
      const ChannelId channel{in.u32()};
      return WindowFrame{channel, in.u64()};
    }
    case kReset: return read_reset(in);
    case kPing: return PingFrame{};
    case kGoodbye: return GoodbyeFrame{};
    default: return std::nullopt;
  }
}

struct Writer {
  ByteWriter& out;

  void operator()(const AckFrame& ack) const {
    out.u8(kAck);
    const auto delay = std::chrono::duration_cast<std::chrono::microseconds>(ack.delay).count();
    out.u32(static_cast<std::uint32_t>(std::clamp<std::int64_t>(delay, 0, 10'000'000)));
    out.u8(static_cast<std::uint8_t>(ack.ranges.size()));
    for (const auto& range : ack.ranges) {
      out.u64(range.begin);
      out.u64(range.end);
    }
  }
  void operator()(const OpenFrame& open) const {
    out.u8(kOpen);
    out.u32(open.channel.value);
    out.u8(static_cast<std::uint8_t>(open.target.size()));
    out.bytes({reinterpret_cast<const std::uint8_t*>(open.target.data()), open.target.size()});
  }
  void operator()(const DataFrame& data) const {
    out.u8(kData);
    out.u32(data.channel.value);
    out.u64(data.offset);
    out.u8(data.end ? 1 : 0);
    out.u16(static_cast<std::uint16_t>(data.bytes.size()));
    out.bytes(data.bytes);
  }
  void operator()(const WindowFrame& window) const {
    out.u8(kWindowType);
    out.u32(window.channel.value);
    out.u64(window.limit);
  }
  void operator()(const ResetFrame& reset) const {
    out.u8(kReset);
    out.u32(reset.channel.value);
    out.u8(static_cast<std::uint8_t>(reset.code));
  }
  void operator()(const PingFrame&) const { out.u8(kPing); }
  void operator()(const GoodbyeFrame&) const { out.u8(kGoodbye); }
};

}  // namespace

std::optional<Frame> read_frame(ByteReader& in) {
  const auto frame = read_body(in.u8(), in);
  return in.ok() ? frame : std::nullopt;
}

void write_frame(ByteWriter& out, const Frame& frame) { std::visit(Writer{out}, frame); }

}  // namespace punchlab::tunnel
