#pragma once
// What a tunnel packet carries: a packet number (8 bytes), then frames one after another, all in network order.
// docs/real-sockets.md has the table.
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "net/tunnel/interval_set.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"

namespace punchlab::tunnel {

/// The largest packet in bytes: what the session takes as one payload.
inline constexpr std::size_t kMaxPacket = 1200;
/// Longest target of a channel, in bytes.
inline constexpr std::size_t kMaxTarget = 255;
/// Ranges of packet numbers that one acknowledgement names at most.
inline constexpr std::size_t kMaxAckRanges = 32;

/// Names a channel; the side that opens it draws the number, odd ones on the initiator's side.
struct ChannelId {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(ChannelId, ChannelId) = default;
};

/// Why a channel was ended before its time.
enum class ResetCode : std::uint8_t { aborted = 1, refused = 2, unreachable = 3, too_many = 4 };

/// Packets that came, the newest range first; `delay` since the newest of them came.
struct AckFrame {
  std::vector<Interval> ranges;
  Duration delay{0};
};
struct OpenFrame {
  ChannelId channel;
  std::string_view target;
};
struct DataFrame {
  ChannelId channel;
  std::uint64_t offset = 0;
  bool end = false;
  Bytes bytes;
};
struct WindowFrame {
  ChannelId channel;
  std::uint64_t limit = 0;
};
struct ResetFrame {
  ChannelId channel;
  ResetCode code = ResetCode::aborted;
};
struct PingFrame {};
/// The sender ends the tunnel and says no more.
struct GoodbyeFrame {};

using Frame = std::variant<AckFrame, OpenFrame, DataFrame, WindowFrame, ResetFrame, PingFrame, GoodbyeFrame>;

/// Bytes of a data frame besides its payload.
inline constexpr std::size_t kDataOverhead = 16;

/// The next frame; nothing when malformed. It views into the packet.
std::optional<Frame> read_frame(ByteReader& in);
void write_frame(ByteWriter& out, const Frame& frame);

}  // namespace punchlab::tunnel
