#pragma once
// The real world for one endpoint of the core: its UDP sockets on epoll, and a timer for its deadline. IPv4 only.
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

  struct Woken {
    std::vector<SocketId> sockets;  ///< have datagrams
    bool watched = false;
  };
  /// Waits for datagrams, the watched descriptor, a signal, or `until`.
  Woken wait(Time until);
  /// Takes one datagram off `socket` into an own buffer, valid until the next call; nothing when there is none.
  std::optional<Datagram> receive(SocketId socket);
  std::uint64_t lost() const { return lost_; }

 private:
  struct Socket {
    int fd = -1;
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

/// Datagrams taken from one socket before the others and the endpoint's timer get their turn.
inline constexpr int kDatagramsPerTurn = 64;

/// Drives `endpoint` through the shared drain loop. `sink` gets the outputs that are no Transmit and no CloseSocket.
template <class Endpoint>
class Driver {
 public:
  Driver(UdpHost& host, Endpoint& endpoint) : host_(host), endpoint_(endpoint) {}

  /// Carries out what the endpoint wants now.
  template <class Sink>
  void drain(Sink&& sink) {
    deadline_ = punchlab::drain(endpoint_, monotonic_now(), buffer_, [&](const Output& output, Bytes bytes) {
      if (const auto* transmit = std::get_if<Transmit>(&output))
        host_.send(*transmit, bytes.first(transmit->size));
      else if (const auto* close = std::get_if<CloseSocket>(&output))
        host_.close(close->socket);
      else
        sink(output, bytes);
    });
  }

  /// Waits until `limit` at most and hands over what came, draining after each. True: the watched descriptor can be read.
  template <class Sink>
  bool turn(Time limit, Sink&& sink) {
    const auto woken = host_.wait(std::min(limit, deadline_.at));
    for (const auto socket : woken.sockets) {
      for (int i = 0; i < kDatagramsPerTurn; ++i) {
        const auto datagram = host_.receive(socket);
        if (!datagram) break;
        endpoint_.handle_datagram(monotonic_now(), *datagram);
        drain(sink);
      }
    }
    if (const auto now = monotonic_now(); now >= deadline_.at) {
      endpoint_.handle_timeout(now);
      drain(sink);
    }
    return woken.watched;
  }

 private:
  UdpHost& host_;
  Endpoint& endpoint_;
  Deadline deadline_;
  std::array<std::uint8_t, kMaxDatagram> buffer_{};
};

}  // namespace punchlab::net
