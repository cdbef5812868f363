#pragma once
// Trial records as binary frames, for the pipe between a worker process and its parent. Both are the same program, so
// the format has a version only to catch a mix-up; a frame that is not exactly what `encode` writes is refused.
//
//   u32 length of what follows | u8 version | u8 outcome | u8 which optional times | u8 length of reason | reason |
//   u32 cell | u64 trial | one u64 (ns, two's complement) per optional time present | counters | u64 finished (ns)
//
// An attachment is a frame too, of u32 length | u8 its own version | bytes, and comes right before the record it is of.
#include <cstdint>
#include <variant>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "results/record/record.hpp"

namespace punchlab::results {

/// A frame's largest length, its length field included; what `encode` writes and the decoder takes.
inline constexpr std::size_t kMaxFrame = 512;

/// What was kept of the trial whose record comes next: a recording, packed (results/store/packed.hpp).
struct Attachment {
  std::vector<std::uint8_t> bytes;
  friend bool operator==(const Attachment&, const Attachment&) = default;
};
/// The same of an attachment.
inline constexpr std::size_t kMaxAttachment = std::size_t{64} << 20;

/// Appends one frame to `out`; bytes up to kMaxAttachment less its head.
void encode(const Attachment& attachment, std::vector<std::uint8_t>& out);
/// Appends one frame to `out`. Reasons are codes of docs/reasons.md, at most 255 bytes.
void encode(const TrialRecord& record, std::vector<std::uint8_t>& out);

/// Why a frame was refused; the stream cannot be read on after it.
struct CorruptFrame {
  const char* what = "";
};
/// No whole frame is there yet.
struct NeedMore {};

/// Cuts a byte stream into records and attachments. Feed what `read` gave, then call `next` until it gives neither.
class FrameDecoder {
 public:
  void feed(Bytes bytes);
  std::variant<TrialRecord, Attachment, NeedMore, CorruptFrame> next();
  /// Bytes of a frame that has begun; not zero at the end of the pipe means that the writer died in the middle.
  std::size_t pending() const { return buffer_.size() - position_; }

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t position_ = 0;
};

}  // namespace punchlab::results
