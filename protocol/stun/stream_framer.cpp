#include "protocol/stun/stream_framer.hpp"

#include <algorithm>

#include "protocol/stun/message.hpp"

namespace punchlab::stun {
namespace {

/// What the first bytes of a frame say about its length.
struct Extent {
  FrameStatus status = FrameStatus::malformed;  ///< incomplete: more bytes are needed to tell
  std::size_t size = 0;                         ///< without padding
};

constexpr Extent kUnknown{FrameStatus::incomplete, 0};
constexpr Extent kMalformed{};

Extent within_limit(std::size_t size) {
  return size + stream_padding(size) <= kMaxFrame ? Extent{FrameStatus::complete, size} : kMalformed;
}

Extent stun_extent(Bytes start) {
  if (start.size() < 8) return kUnknown;
  const std::size_t length = load_u16(&start[2]);
  if (load_u32(&start[4]) != kMagicCookie || length % 4 != 0) return kMalformed;
  return within_limit(kHeaderSize + length);
}

Extent extent_of(Bytes start) {
  if (start.empty()) return kUnknown;
  if ((start[0] & 0xC0) == 0) return stun_extent(start);
  if ((start[0] & 0xF0) != 0x40) return kMalformed;
  return start.size() < 4 ? kUnknown : within_limit(4 + std::size_t{load_u16(&start[2])});
}

}  // namespace

FrameStatus StreamFramer::next(Bytes& input) {
  if (malformed_) return FrameStatus::malformed;
  const auto status = size_ == 0 ? take_whole(input) : append(input);
  malformed_ = status == FrameStatus::malformed;
  return status;
}

/// A frame that lies in `input` as a whole is not copied.
FrameStatus StreamFramer::take_whole(Bytes& input) {
  const auto extent = extent_of(input);
  if (extent.status == FrameStatus::malformed) return extent.status;
  const auto padded = extent.size + stream_padding(extent.size);
  if (extent.status == FrameStatus::incomplete || input.size() < padded) return append(input);
  frame_ = input.first(extent.size);
  input = input.subspan(padded);
  return FrameStatus::complete;
}

FrameStatus StreamFramer::append(Bytes& input) {
  for (;;) {
    const auto extent = extent_of({buffer_.data(), size_});
    if (extent.status == FrameStatus::malformed) return extent.status;
    const bool known = extent.status == FrameStatus::complete;
    const auto wanted = known ? extent.size + stream_padding(extent.size) : size_ + 1;
    const auto taken = std::min(wanted - size_, input.size());
    std::copy_n(input.begin(), taken, buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
    input = input.subspan(taken);
    size_ += taken;
    if (size_ < wanted) return FrameStatus::incomplete;
    if (!known) continue;
    frame_ = Bytes{buffer_.data(), extent.size};
    size_ = 0;
    return FrameStatus::complete;
  }
}

}  // namespace punchlab::stun
