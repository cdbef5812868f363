#include "net/peer/byte_end.hpp"

#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

namespace punchlab::net {
namespace {

/// Less than a stream takes, so that a slow reader holds up its writer and not this machine's memory.
constexpr std::size_t kMostWaiting = 64 * 1024;

bool ready(int fd, short events) {
  pollfd file{fd, events, 0};
  return poll(&file, 1, 0) > 0;
}

}  // namespace

TcpEnd::TcpEnd(const std::vector<TransportAddress>& addresses) : untried_(addresses.rbegin(), addresses.rend()) {
  connect_to_next();
}

void TcpEnd::connect_to_next() {
  stream_.emplace(untried_.back(), nullptr);
  untried_.pop_back();
  followed_ = 0;
  if (finish_) stream_->finish();
}

void TcpEnd::advance() {
  stream_->advance();
  was_open_ = was_open_ || stream_->state() == Stream::State::open;
  while (broken() && !was_open_ && !untried_.empty()) connect_to_next();
}

void TcpEnd::finish() {
  finish_ = true;
  stream_->finish();
}

std::size_t TcpEnd::room() const {
  if (stream_->state() != Stream::State::open) return 0;
  return stream_->waiting() < kMostWaiting ? kMostWaiting - stream_->waiting() : 0;
}

void TcpEnd::follow(UdpHost& host, bool want_bytes) {
  if (broken()) return;
  auto events = stream_->events();
  if (!want_bytes && stream_->state() == Stream::State::open) events &= ~std::uint32_t{EPOLLIN};
  if (events != followed_) host.follow(stream_->fd(), events);
  followed_ = events;
}

std::size_t StdioEnd::read(MutableBytes out) {
  if (at_end_ || !ready(STDIN_FILENO, POLLIN)) return 0;
  const auto size = ::read(STDIN_FILENO, out.data(), out.size());
  if (size <= 0) at_end_ = true;
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

void StdioEnd::write(Bytes bytes) {
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  advance();
}

/// A pipe that can be written takes PIPE_BUF bytes without blocking.
void StdioEnd::advance() {
  while (sent_ < out_.size() && !broken_ && ready(STDOUT_FILENO, POLLOUT)) {
    const auto size = ::write(STDOUT_FILENO, out_.data() + sent_, std::min<std::size_t>(out_.size() - sent_, PIPE_BUF));
    if (size < 0)
      broken_ = true;
    else
      sent_ += static_cast<std::size_t>(size);
  }
  if (sent_ < out_.size() && !broken_) return;
  out_.clear();
  sent_ = 0;
  if (finish_) close(STDOUT_FILENO);
  finish_ = false;
}

void StdioEnd::finish() {
  finish_ = true;
  advance();
}

void StdioEnd::follow(UdpHost& host, bool want_bytes) {
  const bool input = want_bytes && !at_end_;
  if (input != input_followed_) host.follow(STDIN_FILENO, input ? std::uint32_t{EPOLLIN} : 0U);
  input_followed_ = input;
  const bool output = !flushed() && !broken_;
  if (output != output_followed_) host.follow(STDOUT_FILENO, output ? std::uint32_t{EPOLLOUT} : 0U);
  output_followed_ = output;
}

}  // namespace punchlab::net
