#pragma once
// One TCP connection, with or without TLS, that never blocks: what it cannot send at once waits in a bounded buffer.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/host/tls.hpp"
#include "protocol/base/address.hpp"

namespace punchlab::net {

class Stream {
 public:
  enum class State : std::uint8_t { connecting, handshaking, open, closed };
  /// Bytes that wait to be sent at most; whole messages beyond are refused.
  static constexpr std::size_t kMaxWaiting = 256 * 1024;

  /// Takes over an accepted socket; `tls` null: none.
  Stream(int fd, std::shared_ptr<const TlsCredentials> tls);
  /// Begins to connect, from `local` when that is given; closed at once when the kernel refuses.
  Stream(const TransportAddress& remote, std::shared_ptr<const TlsCredentials> tls,
         std::optional<TransportAddress> local = std::nullopt);
  Stream(Stream&& other) noexcept;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  Stream& operator=(Stream&&) = delete;
  ~Stream();

  State state() const { return state_; }
  int fd() const { return fd_; }
  /// The epoll events it waits for now.
  std::uint32_t events() const;
  /// Goes on with connecting, shaking hands and sending, as far as it can without waiting.
  void advance();
  /// Queues all of `bytes`, or nothing of it: false, when too much waits or it is not open.
  bool send(Bytes bytes);
  std::size_t waiting() const { return out_.size() - sent_; }
  /// Bytes that came, up to `out`; 0: nothing now, or closed.
  std::size_t receive(MutableBytes out);
  /// Says that no more is sent, once everything that waits has left.
  void finish() { finish_ = true; }
  /// The other side has said so.
  bool ended() const { return ended_; }
  void close();
  /// Closes it so that the other side hears of an error (a TCP reset).
  void abort();
  /// Why it was closed or could not be opened; empty when nothing went wrong.
  const std::string& error() const { return error_; }

 private:
  void begin_handshake();
  void shake_hands();
  void flush();
  long write_some(Bytes bytes);
  void fail(const std::string& why);

  int fd_ = -1;
  State state_ = State::connecting;
  std::shared_ptr<const TlsCredentials> tls_;
  gnutls_session_t session_ = nullptr;
  std::vector<std::uint8_t> out_;
  std::size_t sent_ = 0;  ///< of `out_`
  bool resume_ = false;   ///< GnuTLS holds a record that it could not send whole
  bool finish_ = false, finished_ = false, ended_ = false;
  std::string error_;
};

}  // namespace punchlab::net
