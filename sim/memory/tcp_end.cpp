#include "sim/memory/tcp_end.hpp"

#include <algorithm>

namespace punchlab::memory {
namespace {

using packet::kAck;
using packet::kFin;
using packet::kRst;
using packet::kSyn;
using std::chrono::milliseconds;

constexpr Duration kFirstTimeout = std::chrono::seconds{1};   // RFC 6298 section 2
constexpr Duration kLeastTimeout = milliseconds{200};         // as Linux has it; RFC 6298 would have 1 s
constexpr Duration kLongestTimeout = std::chrono::seconds{60};
constexpr int kFastRetransmit = 3;                            // RFC 5681 section 3.2
constexpr std::uint32_t kFirstSequence = 1'000'000;           // nobody in this world guesses it

bool before(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }

}  // namespace

void TcpEnd::reset(State state, const TransportAddress& local, const TransportAddress& remote) {
  auto kept = std::move(data_);
  *this = {};
  data_ = std::move(kept);
  data_.clear();
  data_.reserve(kBuffer);
  state_ = state;
  local_ = local;
  remote_ = remote;
  first_ = next_ = furthest_ = kFirstSequence;
  syn_unacknowledged_ = true;
  timeout_ = kFirstTimeout;
}

void TcpEnd::connect(const TransportAddress& local, const TransportAddress& remote) {
  reset(State::syn_sent, local, remote);
}

void TcpEnd::accept(const TransportAddress& local, const TransportAddress& remote, const packet::TcpFields& syn) {
  reset(State::syn_received, local, remote);
  expected_ = syn.sequence + 1;
}

bool TcpEnd::send(Bytes bytes) {
  if (state_ != State::established || closing_ || data_.size() + bytes.size() > kBuffer) return false;
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  return true;
}

void TcpEnd::close() {
  silent_ = closing_ = true;
  if (state_ != State::established) {
    state_ = State::closed;
    deadline_ = kNever;
  }
}

TcpEnd::News TcpEnd::handle(Time now, const packet::TcpFields& fields, Bytes payload) {
  if (state_ == State::closed) return {};
  if ((fields.flags & kRst) != 0) {
    const bool ours = state_ == State::syn_sent ? fields.acknowledgment == furthest_ : fields.sequence == expected_;
    return ours ? give_up() : News{};
  }
  auto news = state_ == State::established ? handle_established(now, fields, payload) : handle_in_handshake(now, fields, payload);
  return silent_ ? News{} : news;
}

TcpEnd::News TcpEnd::handle_in_handshake(Time now, const packet::TcpFields& fields, Bytes payload) {
  const bool syn = (fields.flags & kSyn) != 0;
  const bool answers = (fields.flags & kAck) != 0 && fields.acknowledgment == first_ + 1 && furthest_ == first_ + 1;
  if (state_ == State::syn_sent ? !syn || !answers : !answers) {
    if (state_ == State::syn_received && syn) next_ = first_;  // our answer was lost
    return {};
  }
  if (state_ == State::syn_sent) {
    expected_ = fields.sequence + 1;
    owes_acknowledgement_ = true;
  }
  state_ = State::established;
  News news = handle_established(now, fields, payload);
  news.opened = true;
  return news;
}

TcpEnd::News TcpEnd::handle_established(Time now, const packet::TcpFields& fields, Bytes payload) {
  const bool syn = (fields.flags & kSyn) != 0;
  const bool fin = (fields.flags & kFin) != 0;
  if ((fields.flags & kAck) != 0) take_acknowledgement(now, fields, payload.empty() && !fin && !syn);
  if (syn) {  // the other end does not know yet that we have its SYN
    owes_acknowledgement_ = true;
    return {};
  }
  News news;
  news.data = take_data(fields.sequence, payload);
  if (!fin) return news;
  owes_acknowledgement_ = true;
  if (ended_ || fields.sequence + static_cast<std::uint32_t>(payload.size()) != expected_) return news;
  ++expected_;
  ended_ = news.ended = closing_ = true;
  return news;
}

void TcpEnd::take_acknowledgement(Time now, const packet::TcpFields& fields, bool bare) {
  const auto acknowledged = fields.acknowledgment;
  if (before(first_, acknowledged) && !before(furthest_, acknowledged)) {
    if (measuring_ && !before(acknowledged, measured_)) measure(now);
    const std::uint32_t advance = acknowledged - first_ - (syn_unacknowledged_ ? 1 : 0);
    syn_unacknowledged_ = false;
    fin_acknowledged_ = advance > data_.size();
    data_.erase(data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(advance, data_.size())));
    first_ = acknowledged;
    if (before(next_, first_)) next_ = first_;
    retries_ = duplicates_ = 0;
    deadline_ = first_ == furthest_ ? kNever : now + timeout_;
  } else if (bare && acknowledged == first_ && before(first_, furthest_) && ++duplicates_ == kFastRetransmit) {
    go_back();
  }
}

/// What of `payload` was not seen before and follows on what was; the rest is sent again by the other end.
Bytes TcpEnd::take_data(std::uint32_t sequence, Bytes payload) {
  if (payload.empty()) return {};
  owes_acknowledgement_ = true;
  const std::uint32_t known = expected_ - sequence;
  if (before(expected_, sequence) || known >= payload.size()) return {};
  expected_ = sequence + static_cast<std::uint32_t>(payload.size());
  return payload.subspan(known);
}

/// RFC 6298 section 2.
void TcpEnd::measure(Time now) {
  measuring_ = false;
  const Duration sample = now - measured_at_;
  if (smoothed_ == Duration{0}) {
    smoothed_ = sample;
    variation_ = sample / 2;
  } else {
    const Duration error = smoothed_ > sample ? smoothed_ - sample : sample - smoothed_;
    variation_ = (variation_ * 3 + error) / 4;
    smoothed_ = (smoothed_ * 7 + sample) / 8;
  }
  timeout_ = std::clamp(smoothed_ + variation_ * 4, kLeastTimeout, kLongestTimeout);
}

/// Everything that is not acknowledged is sent again. What is sent twice is not measured (RFC 6298 section 3).
void TcpEnd::go_back() {
  next_ = first_;
  measuring_ = false;
}

TcpEnd::News TcpEnd::give_up() {
  News news;
  news.ended = !ended_ && !silent_;
  state_ = State::closed;
  deadline_ = kNever;
  ended_ = true;
  return news;
}

TcpEnd::News TcpEnd::handle_timeout(Time now) {
  if (now < deadline_) return {};
  deadline_ = kNever;
  if (++retries_ > kMaxRetries) return give_up();
  timeout_ = std::min(timeout_ * 2, kLongestTimeout);
  go_back();
  return {};
}

std::size_t TcpEnd::poll(Time now, MutableBytes out) {
  if (state_ == State::closed) return 0;
  if (state_ != State::established) {
    if (next_ != first_) return 0;
    ++next_;
    return write(now, out, state_ == State::syn_sent ? kSyn : kSyn | kAck, first_, {});
  }
  const std::size_t sent = next_ - first_;
  if (sent < data_.size() && sent < kWindow * kSegment) {
    const auto size = std::min({data_.size() - sent, kSegment, kWindow * kSegment - sent});
    const auto sequence = next_;
    next_ += static_cast<std::uint32_t>(size);
    return write(now, out, kAck, sequence, Bytes{data_}.subspan(sent, size));
  }
  if (closing_ && !fin_acknowledged_ && next_ == end_of_data()) {
    ++next_;
    return write(now, out, kFin | kAck, next_ - 1, {});
  }
  return owes_acknowledgement_ ? write(now, out, kAck, next_, {}) : 0;
}

std::size_t TcpEnd::write(Time now, MutableBytes out, std::uint8_t flags, std::uint32_t sequence, Bytes payload) {
  const bool takes_space = sequence != next_;
  if (takes_space && deadline_ == kNever) deadline_ = now + timeout_;
  if (takes_space && !measuring_ && !before(sequence, furthest_)) {
    measuring_ = true;
    measured_ = next_;
    measured_at_ = now;
  }
  if (before(furthest_, next_)) furthest_ = next_;
  if ((flags & kAck) != 0) owes_acknowledgement_ = false;
  const packet::TcpFields fields{sequence, (flags & kAck) != 0 ? expected_ : 0, flags, 65535};
  return packet::write_tcp(out, local_, remote_, packet::kDefaultTtl, fields, payload);
}

}  // namespace punchlab::memory
