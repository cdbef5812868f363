#include "tools/agents/contract/echo.hpp"

#include <algorithm>

namespace punchlab::contract {
namespace {

constexpr std::size_t kHeader = 8;

std::uint32_t sequence_of(Bytes datagram) {
  return __builtin_bswap32(load_u32(&datagram[4]));  // little-endian on the wire
}

}  // namespace

void EchoTest::begin(Time now) {
  if (begun_ != kNever) return;
  begun_ = next_ = now;
}

bool EchoTest::handle(Time now, Bytes datagram, MutableBytes out) {
  if (datagram.size() < kHeader || datagram[0] != 0x80) return false;
  if (datagram[1] == 'P') {
    std::copy(datagram.begin(), datagram.end(), out.begin());
    out[1] = 'R';
    return true;
  }
  if (datagram[1] != 'R' || datagram[2] != static_cast<std::uint8_t>(name_)) return false;
  if (!first_reply_) {
    first_reply_ = now;
    next_ = std::max(now, begun_ + settle_);
  }
  if (waiting_ && sequence_of(datagram) == kFirstCounted + sent_ - 1) {
    round_trips_.push_back(now - sent_at_);
    waiting_ = false;
    next_ = now;
  }
  return false;
}

std::size_t EchoTest::poll(Time now, MutableBytes out) {
  if (now < next_) return 0;
  if (settled(now) && sent_ == count_) {
    finished_ = true;
    next_ = kNever;
    return 0;
  }
  const bool counts = settled(now);
  const auto sequence = counts ? kFirstCounted + sent_++ : opening_++;
  waiting_ = counts;
  sent_at_ = now;
  next_ = now + (counts ? kWait : kFirstInterval);
  std::fill_n(out.begin(), length_, std::uint8_t{0});
  out[0] = 0x80;
  out[1] = 'P';
  out[2] = static_cast<std::uint8_t>(name_);
  store_u32(&out[4], __builtin_bswap32(sequence));
  return length_;
}

}  // namespace punchlab::contract
