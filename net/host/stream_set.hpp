#pragma once
// The TCP and TLS connections of one endpoint by their SocketId: those it accepts and those it opens.
#include <map>
#include <optional>

#include "net/host/stream.hpp"
#include "net/host/udp_host.hpp"

namespace punchlab::net {

/// Hears what becomes of streams. May call back into the set.
class StreamUser {
 public:
  virtual ~StreamUser() = default;
  /// `listener` has accepted a connection, and TLS stands where it is asked for.
  virtual void on_stream_accepted(SocketId listener, SocketId stream, const TransportAddress& remote) = 0;
  /// What `connect` asked for is there.
  virtual void on_stream_opened(SocketId stream) = 0;
  /// The next bytes, cut anywhere; all are to be taken.
  virtual void on_stream_bytes(SocketId stream, Bytes bytes) = 0;
  /// It has ended or could not be opened; `why` is empty when the other side closed it in order.
  virtual void on_stream_closed(SocketId stream, const std::string& why) = 0;
};

class StreamSet {
 public:
  /// Opening, TLS included, may take this long.
  static constexpr Duration kPatience = std::chrono::seconds{10};
  /// Accepted connections that have not finished their TLS handshake, at most; more are closed at once.
  static constexpr std::size_t kMaxUnfinished = 64;
  /// Accepted streams get ids from here on.
  static constexpr std::uint32_t kFirstAccepted = 1U << 20;

  explicit StreamSet(UdpHost& host) : host_(host) {}
  ~StreamSet();
  StreamSet(const StreamSet&) = delete;
  StreamSet& operator=(const StreamSet&) = delete;

  /// `tls` null: plain TCP.
  Opened listen(SocketId listener, const TransportAddress& local, std::shared_ptr<const TlsCredentials> tls);
  void connect(SocketId stream, const TransportAddress& remote, std::shared_ptr<const TlsCredentials> tls);
  bool owns(SocketId stream) const { return streams_.contains(stream); }
  /// One whole message; lost and counted when too much waits already.
  void send(SocketId stream, Bytes message);
  /// Without telling the user.
  void close(SocketId stream) { streams_.erase(stream); }
  /// Gives an open stream away; nothing when there is no such.
  std::optional<Stream> take(SocketId stream);
  /// Does what can be done now, for the files in `woken` and for those that took too long.
  void handle(Time now, const UdpHost::Woken& woken, StreamUser& user);
  /// When `handle` has work although nothing wakes.
  Time next() const;
  std::uint64_t lost() const { return lost_; }

 private:
  struct Listener {
    int fd = -1;
    std::shared_ptr<const TlsCredentials> tls;
  };
  struct Entry {
    Stream stream;
    bool accepted = false;
    SocketId listener;
    TransportAddress remote;
    Time opened_by = kNever;      ///< kNever: it is open, and the user knows
    std::uint32_t followed = 0;   ///< events asked for
  };

  void accept_all(Time now, SocketId id, const Listener& listener);
  void advance(Time now, SocketId id, StreamUser& user);
  void read(SocketId id, StreamUser& user);
  void follow(Entry& entry);
  void tell_closed(SocketId id, StreamUser& user, const std::string& why);

  UdpHost& host_;
  std::map<SocketId, Listener> listeners_;
  std::map<SocketId, Entry> streams_;
  std::uint32_t next_id_ = kFirstAccepted;
  std::uint64_t lost_ = 0;
};

}  // namespace punchlab::net
