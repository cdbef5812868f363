#pragma once
// The real world for one endpoint of the core: its UDP sockets on epoll, and a timer for its deadline.
#include <array>
#include <map>
#include <vector>

#include "net/host/monotonic_clock.hpp"
#include "protocol/base/endpoint.hpp"

namespace punchlab::net {

/// What became of opening a socket.
struct Opened {
  TransportAddress local;  ///< with the port that the kernel chose when 0 was asked for
  int error = 0;           ///< errno; 0: it is open
};

/// One epoll instance with its sockets. Throws std::system_error only at construction.
class UdpHost {
 public:
  UdpHost();
  ~UdpHost();
  UdpHost(const UdpHost&) = delete;
  UdpHost& operator=(const UdpHost&) = delete;

  /// Binds a socket for the endpoint's `socket`.
  Opened open(SocketId socket, const TransportAddress& local);
  void close(SocketId socket);
  /// Sends as UDP does: what the kernel refuses is lost, and counted.
  void send(const Transmit& transmit, Bytes bytes);
  /// `wait` also returns when `fd` can be read; -1 ends that. A regular file can always be read.
  void watch(int fd);

  /// `wait` also returns when one of `events` (of epoll) comes to `fd`, in `Woken::files`; 0 ends that, and so does
  /// closing the descriptor. False: the kernel has no events for such a file, which can always be read and written.
  bool follow(int fd, std::uint32_t events);

  struct File {
    int fd = -1;
    std::uint32_t events = 0;
  };
  struct Woken {
    std::vector<SocketId> sockets;  ///< have datagrams
    bool watched = false;
    std::vector<File> files;
  };
  /// Waits for datagrams, the watched descriptor, a signal, or `until`.
  Woken wait(Time until);
  /// Takes one datagram off `socket` into an own buffer, valid until the next call; nothing when there is none.
  std::optional<Datagram> receive(SocketId socket);
  std::uint64_t lost() const { return lost_; }

 private:
  struct Socket {
    int fd = -1;
    Family family = Family::ipv4;
    std::uint8_t ttl = 0;  ///< set on it; 0: the default
  };
  void set_timer(Time until);

  int epoll_ = -1;
  int timer_ = -1;
  int watched_ = -1;
  bool always_readable_ = false;
  std::map<SocketId, Socket> sockets_;
  std::array<std::uint8_t, kMaxDatagram + 1> buffer_{};
  std::uint64_t lost_ = 0;
};

}  // namespace punchlab::net
