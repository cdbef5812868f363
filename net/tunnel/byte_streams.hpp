#pragma once
// The two halves of one channel: bytes that wait to be sent or acknowledged, and bytes that came and wait to be read.
// Offsets count from the channel's first byte, as in QUIC streams (RFC 9000 section 2.2).
#include <optional>
#include <vector>

#include "net/tunnel/interval_set.hpp"
#include "protocol/base/bytes.hpp"

namespace punchlab::tunnel {

/// Bytes that a channel may have on the way in one direction, unread ones included.
inline constexpr std::uint64_t kWindow = 256 * 1024;

/// `kWindow` bytes by their offset.
class Ring {
 public:
  Ring() : bytes_(kWindow) {}
  void put(std::uint64_t offset, Bytes bytes);
  void get(std::uint64_t offset, MutableBytes out) const;

 private:
  std::vector<std::uint8_t> bytes_;
};

/// A piece of a channel: `end` says that nothing follows it.
struct Piece {
  std::uint64_t offset = 0;
  std::size_t size = 0;
  bool end = false;
};

class SendStream {
 public:
  /// Takes what there is room for; gives how many bytes. Nothing after `finish`.
  std::size_t write(Bytes bytes);
  std::size_t room() const { return finished_ ? 0 : static_cast<std::size_t>(kWindow - (written_ - acknowledged_)); }
  void finish() { finished_ = true; }
  /// The receiver takes bytes below `limit`.
  void allow(std::uint64_t limit) { limit_ = limit > limit_ ? limit : limit_; }
  bool has_work() const { return next_piece(1).has_value(); }
  /// What to send next, lost pieces first, at most `most` bytes; to be followed by `sent`.
  std::optional<Piece> next_piece(std::size_t most) const;
  void copy(const Piece& piece, MutableBytes out) const { ring_.get(piece.offset, out.first(piece.size)); }
  void sent(const Piece& piece);
  void lost(const Piece& piece);
  void acknowledged(const Piece& piece);
  /// Everything and the end were acknowledged.
  bool done() const { return end_acknowledged_ && acknowledged_ == written_; }

 private:
  Ring ring_;
  std::uint64_t written_ = 0, next_ = 0, acknowledged_ = 0, limit_ = kWindow;
  IntervalSet arrived_;  ///< acknowledged out of order
  IntervalSet lost_;
  bool finished_ = false, end_sent_ = false, end_acknowledged_ = false;
};

class ReceiveStream {
 public:
  /// False: the sender broke the window or the end, and nothing was taken.
  [[nodiscard]] bool take(const Piece& piece, Bytes bytes);
  std::size_t readable() const;
  std::size_t read(MutableBytes out);
  /// The end came and everything before it was read.
  bool done() const { return end_ && read_ == *end_; }
  /// What the sender should hear: a new limit once half of the window was read.
  std::optional<std::uint64_t> new_limit();
  std::uint64_t limit() const { return limit_; }

 private:
  Ring ring_;
  IntervalSet arrived_;
  std::uint64_t read_ = 0, limit_ = kWindow;
  std::optional<std::uint64_t> end_;
};

}  // namespace punchlab::tunnel
