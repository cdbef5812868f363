#pragma once
// TCP on the hosts of a memory world: who listens, which connections there are, and what the application is told of them.
#include <memory>
#include <vector>

#include "sim/memory/tcp_end.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::memory {

class TcpStack {
 public:
  /// What is below it: the world's links and clock.
  class Below {
   public:
    virtual Time time() const = 0;
    virtual trial::Application& application() = 0;
    /// Sends a whole IP packet from `host`.
    virtual void send_packet(trial::HostId host, Bytes packet) = 0;
    /// Calls `wake(stream)` at `at`.
    virtual void wake_at(Time at, trial::StreamId stream) = 0;

   protected:
    ~Below() = default;
  };

  explicit TcpStack(Below& below) : below_(below) {}

  /// As new, in memory that is kept.
  void clear();
  /// See trial::Network.
  void listen(trial::HostId host, const TransportAddress& local) { listeners_.push_back({host, local}); }
  trial::StreamId connect(trial::HostId host, const TransportAddress& local, const TransportAddress& remote);
  bool send(trial::StreamId stream, Bytes bytes);
  void close(trial::StreamId stream);

  /// A TCP packet has reached `host`.
  void receive(trial::HostId host, Bytes packet, const packet::View& view);
  void wake(trial::StreamId stream);

 private:
  struct Listener {
    trial::HostId host;
    TransportAddress local;
  };
  struct Stream {
    trial::HostId host = trial::HostId::client;
    TcpEnd end;
    Time wakes_at = kNever;  ///< the earliest pending `wake`
  };

  trial::StreamId add(trial::HostId host);
  Stream& at(trial::StreamId stream) { return *streams_[stream - 1]; }
  bool known(trial::StreamId stream) const { return stream > 0 && stream <= used_; }
  trial::StreamId find(trial::HostId host, const packet::View& view) const;
  bool listens(trial::HostId host, const TransportAddress& local) const;
  void refuse(trial::HostId host, Bytes packet, const packet::View& view);
  void tell(trial::StreamId stream, const TcpEnd::News& news);
  /// Sends what there is to send, and sees to it that the next deadline is kept.
  void flush(trial::StreamId stream);

  Below& below_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<Stream>> streams_;  ///< the first `used_` of this run
  std::size_t used_ = 0;
};

}  // namespace punchlab::memory
