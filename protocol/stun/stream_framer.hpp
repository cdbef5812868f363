#pragma once
// Cuts a TCP or TLS byte stream into STUN messages and ChannelData (RFC 8489 section 6.2.2, RFC 8656 section 12.5).
#include <array>

#include "protocol/base/bytes.hpp"

namespace punchlab::stun {

/// Largest frame taken from a stream, in bytes with its padding: a datagram of `kMaxDatagram` inside a Send indication fits.
inline constexpr std::size_t kMaxFrame = 2048;

enum class FrameStatus : std::uint8_t {
  incomplete,  ///< all input was taken; more bytes are needed
  complete,    ///< `frame()` holds one
  malformed,   ///< neither STUN nor ChannelData, or too large: the stream is lost and should be closed
};

/// Feed it each piece of the stream: `while (framer.next(input) == FrameStatus::complete) use(framer.frame());`
class StreamFramer {
 public:
  /// Takes bytes from the front of `input`, up to the end of one frame. Once malformed, always malformed.
  FrameStatus next(Bytes& input);
  /// The last complete frame, ChannelData without its padding. It lies in `input` or in this object: valid until either changes.
  Bytes frame() const { return frame_; }

 private:
  FrameStatus take_whole(Bytes& input);
  FrameStatus append(Bytes& input);

  std::array<std::uint8_t, kMaxFrame> buffer_;
  std::size_t size_ = 0;  ///< bytes of an incomplete frame in `buffer_`
  Bytes frame_;
  bool malformed_ = false;
};

/// Zero bytes that follow a ChannelData message of `size` bytes on a stream.
constexpr std::size_t stream_padding(std::size_t size) { return (4 - size % 4) % 4; }

}  // namespace punchlab::stun
