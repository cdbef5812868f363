#pragma once
// Runs one endpoint of the core on this machine's sockets, through the drain loop that all backends share.
#include "net/host/stream_set.hpp"
#include "net/host/udp_host.hpp"

namespace punchlab::net {

/// Datagrams taken from one socket before the others and the endpoint's timer get their turn.
inline constexpr int kDatagramsPerTurn = 64;

/// Drives `endpoint` through the shared drain loop. `sink` gets the outputs that are no Transmit and no CloseSocket.
template <class Endpoint>
class Driver {
 public:
  /// `streams` has those that the endpoint speaks of, if it has any.
  Driver(UdpHost& host, Endpoint& endpoint, StreamSet* streams = nullptr)
      : host_(host), endpoint_(endpoint), streams_(streams) {}

  /// Carries out what the endpoint wants now.
  template <class Sink>
  void drain(Sink&& sink) {
    deadline_ = punchlab::drain(endpoint_, monotonic_now(), buffer_, [&](const Output& output, Bytes bytes) {
      if (const auto* transmit = std::get_if<Transmit>(&output))
        send(*transmit, bytes.first(transmit->size));
      else if (const auto* close = std::get_if<CloseSocket>(&output))
        owns(close->socket) ? streams_->close(close->socket) : host_.close(close->socket);
      else
        sink(output, bytes);
    });
  }

  void send(const Transmit& transmit, Bytes bytes) {
    if (owns(transmit.socket))
      streams_->send(transmit.socket, bytes);
    else
      host_.send(transmit, bytes);
  }

  /// Waits until `limit` at most and hands over what came, draining after each. True: the watched descriptor can be read.
  template <class Sink>
  bool turn(Time limit, Sink&& sink) {
    woken_ = host_.wait(std::min(limit, deadline_.at));
    for (const auto socket : woken_.sockets) {
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
    return woken_.watched;
  }
  /// What the last turn found, for the files that are followed.
  const UdpHost::Woken& woken() const { return woken_; }

 private:
  bool owns(SocketId socket) const { return streams_ != nullptr && streams_->owns(socket); }

  UdpHost& host_;
  Endpoint& endpoint_;
  StreamSet* streams_;
  UdpHost::Woken woken_;
  Deadline deadline_;
  std::array<std::uint8_t, kMaxDatagram> buffer_{};
};

}  // namespace punchlab::net
