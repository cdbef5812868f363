#include "net/host/stream.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/host/socket_address.hpp"

namespace punchlab::net {
namespace {

void send_at_once(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool bind_to(int fd, const TransportAddress& local) {
  const int on = 1;
  const SocketAddress address(local);
  return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind(fd, address.raw(), address.size()) == 0;
}

std::string handshake_error(gnutls_session_t session, int error) {
  if (error != GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) return std::string("TLS: ") + gnutls_strerror(error);
  gnutls_datum_t text{};
  gnutls_certificate_verification_status_print(gnutls_session_get_verify_cert_status(session),
                                               gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER), &text, 0);
  std::string why = text.data == nullptr ? "" : reinterpret_cast<const char*>(text.data);
  gnutls_free(text.data);
  while (!why.empty() && why.back() == ' ') why.pop_back();
  return "TLS: the relay's certificate was refused: " + why;
}

}  // namespace

Stream::Stream(int fd, std::shared_ptr<const TlsCredentials> tls) : fd_(fd), tls_(std::move(tls)) {
  send_at_once(fd_);
  begin_handshake();
}

Stream::Stream(const TransportAddress& remote, std::shared_ptr<const TlsCredentials> tls,
               std::optional<TransportAddress> local)
    : fd_(open_socket(remote.address.family(), SOCK_STREAM)), tls_(std::move(tls)) {
  const SocketAddress address(remote);
  if (fd_ >= 0) send_at_once(fd_);
  const bool bound = fd_ >= 0 && (!local || bind_to(fd_, *local));
  const bool made = bound && connect(fd_, address.raw(), address.size()) == 0;
  if (made)
    begin_handshake();
  else if (!bound || errno != EINPROGRESS)
    fail(std::strerror(errno));
}

Stream::Stream(Stream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      state_(std::exchange(other.state_, State::closed)),
      tls_(std::move(other.tls_)),
      session_(std::exchange(other.session_, nullptr)),
      out_(std::move(other.out_)),
      sent_(other.sent_),
      resume_(other.resume_),
      finish_(other.finish_),
      finished_(other.finished_),
      ended_(other.ended_),
      error_(std::move(other.error_)) {}

Stream::~Stream() { close(); }

void Stream::close() {
  if (session_ != nullptr && state_ == State::open) gnutls_bye(session_, GNUTLS_SHUT_WR);
  if (session_ != nullptr) gnutls_deinit(std::exchange(session_, nullptr));
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  state_ = State::closed;
}

void Stream::abort() {
  const linger at_once{1, 0};
  if (fd_ >= 0) setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  state_ = State::closed;
  close();
}

void Stream::fail(const std::string& why) {
  error_ = why;
  state_ = State::closed;  // before close, which else says goodbye
  close();
}

std::uint32_t Stream::events() const {
  if (state_ == State::connecting) return EPOLLOUT;
  if (state_ == State::handshaking) return gnutls_record_get_direction(session_) == 1 ? EPOLLOUT : EPOLLIN;
  const bool write = waiting() > 0 || (finish_ && !finished_);
  return (ended_ ? 0U : std::uint32_t{EPOLLIN}) | (write ? std::uint32_t{EPOLLOUT} : 0U);
}

void Stream::begin_handshake() {
  if (!tls_) {
    state_ = State::open;
    return;
  }
  session_ = tls_->session(fd_);
  if (session_ == nullptr) return fail("TLS: no memory");
  state_ = State::handshaking;
  shake_hands();
}

void Stream::shake_hands() {
  for (;;) {
    const int result = gnutls_handshake(session_);
    if (result == GNUTLS_E_SUCCESS) {
      state_ = State::open;
      return;
    }
    if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED) return;
    if (gnutls_error_is_fatal(result) != 0) return fail(handshake_error(session_, result));
  }
}

void Stream::advance() {
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(std::strerror(error));
    SocketAddress peer;
    if (getpeername(fd_, peer.raw(), peer.room()) != 0) return;  // not yet
    begin_handshake();
  } else if (state_ == State::handshaking) {
    shake_hands();
  }
  if (state_ == State::open) flush();
}

bool Stream::send(Bytes bytes) {
  if (state_ != State::open || finish_ || waiting() + bytes.size() > kMaxWaiting) return false;
  if (sent_ > kMaxWaiting) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  flush();
  return true;
}

/// Bytes taken; 0: later; negative: broken.
long Stream::write_some(Bytes bytes) {
  if (session_ == nullptr) {
    const auto size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return size < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : static_cast<long>(size);
  }
  const auto size = gnutls_record_send(session_, resume_ ? nullptr : bytes.data(), resume_ ? 0 : bytes.size());
  resume_ = size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED;
  return resume_ ? 0 : static_cast<long>(size);
}

void Stream::flush() {
  while (waiting() > 0) {
    const auto taken = write_some({out_.data() + sent_, waiting()});
    if (taken == 0) return;
    if (taken < 0) return fail("the connection broke");
    sent_ += static_cast<std::size_t>(taken);
  }
  out_.clear();
  sent_ = 0;
  if (!finish_ || std::exchange(finished_, true)) return;
  if (session_ != nullptr) gnutls_bye(session_, GNUTLS_SHUT_WR);
  shutdown(fd_, SHUT_WR);
}

std::size_t Stream::receive(MutableBytes out) {
  if (state_ != State::open || ended_) return 0;
  const auto size =
      session_ == nullptr ? recv(fd_, out.data(), out.size(), 0) : gnutls_record_recv(session_, out.data(), out.size());
  if (size > 0) return static_cast<std::size_t>(size);
  if (size == 0) {
    ended_ = true;
    return 0;
  }
  const bool later =
      session_ == nullptr ? errno == EAGAIN || errno == EINTR : gnutls_error_is_fatal(static_cast<int>(size)) == 0;
  if (!later) fail(session_ == nullptr ? std::strerror(errno) : gnutls_strerror(static_cast<int>(size)));
  return 0;
}

}  // namespace punchlab::net
