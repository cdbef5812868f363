#include "net/tunnel/byte_streams.hpp"

#include <algorithm>

namespace punchlab::tunnel {

void Ring::put(std::uint64_t offset, Bytes bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto at = static_cast<std::size_t>((offset + done) % kWindow);
    const auto size = std::min(bytes.size() - done, bytes_.size() - at);
    std::copy_n(bytes.data() + done, size, bytes_.data() + at);
    done += size;
  }
}

void Ring::get(std::uint64_t offset, MutableBytes out) const {
  for (std::size_t done = 0; done < out.size();) {
    const auto at = static_cast<std::size_t>((offset + done) % kWindow);
    const auto size = std::min(out.size() - done, bytes_.size() - at);
    std::copy_n(bytes_.data() + at, size, out.data() + done);
    done += size;
  }
}

std::size_t SendStream::write(Bytes bytes) {
  const auto size = std::min(bytes.size(), room());
  ring_.put(written_, bytes.first(size));
  written_ += size;
  return size;
}

std::optional<Piece> SendStream::next_piece(std::size_t most) const {
  if (!lost_.empty()) {
    const auto& first = lost_.ranges().front();
    const auto size = std::min<std::uint64_t>(first.end - first.begin, most);
    return Piece{first.begin, static_cast<std::size_t>(size), finished_ && first.begin + size == written_};
  }
  const auto size = std::min<std::uint64_t>({written_ - next_, limit_ > next_ ? limit_ - next_ : 0, most});
  const bool end = finished_ && !end_sent_ && next_ + size == written_;
  if (size == 0 && !end) return std::nullopt;
  return Piece{next_, static_cast<std::size_t>(size), end};
}

void SendStream::sent(const Piece& piece) {
  const auto end = piece.offset + piece.size;
  lost_.remove({piece.offset, end});
  next_ = std::max(next_, end);
  end_sent_ = end_sent_ || piece.end;
}

void SendStream::lost(const Piece& piece) {
  Interval missing{std::max(piece.offset, acknowledged_), piece.offset + piece.size};
  lost_.add(missing);
  for (const auto& there : arrived_.ranges()) lost_.remove(there);
  if (piece.end && !end_acknowledged_) end_sent_ = false;
}

void SendStream::acknowledged(const Piece& piece) {
  arrived_.add({std::max(piece.offset, acknowledged_), piece.offset + piece.size});
  lost_.remove({piece.offset, piece.offset + piece.size});
  end_acknowledged_ = end_acknowledged_ || piece.end;
  if (arrived_.empty() || arrived_.ranges().front().begin > acknowledged_) return;
  acknowledged_ = arrived_.ranges().front().end;
  arrived_.remove({0, acknowledged_});  // known by this number alone
}

bool ReceiveStream::take(const Piece& piece, Bytes bytes) {
  const auto end = piece.offset + bytes.size();
  if (end > limit_ || (end_ && (end > *end_ || (piece.end && end != *end_)))) return false;
  if (piece.end && !arrived_.empty() && arrived_.ranges().back().end > end) return false;
  if (piece.end) end_ = end;
  if (end <= read_) return true;
  const auto skip = read_ > piece.offset ? static_cast<std::size_t>(read_ - piece.offset) : 0;
  ring_.put(piece.offset + skip, bytes.subspan(skip));
  arrived_.add({piece.offset + skip, end});
  return true;
}

std::size_t ReceiveStream::readable() const {
  if (arrived_.empty() || arrived_.ranges().front().begin > read_) return 0;
  return static_cast<std::size_t>(arrived_.ranges().front().end - read_);
}

std::size_t ReceiveStream::read(MutableBytes out) {
  const auto size = std::min(out.size(), readable());
  ring_.get(read_, out.first(size));
  read_ += size;
  if (size > 0) arrived_.remove({0, read_});
  return size;
}

std::optional<std::uint64_t> ReceiveStream::new_limit() {
  if (end_ || read_ + kWindow - limit_ < kWindow / 2) return std::nullopt;
  return limit_ = read_ + kWindow;
}

}  // namespace punchlab::tunnel
