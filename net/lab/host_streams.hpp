#pragma once
// TCP between the hosts of the lab, by the stacks' own TCP: who listens, which connections there are, and what the
// application is told of them. Connections to trial::kRelayTlsPort carry TLS, by a certificate made for the run.
#include <memory>
#include <vector>

#include "net/host/stream.hpp"
#include "net/lab/network_namespace.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::lab {

class HostStreams {
 public:
  /// Bytes of a stream that the other end has not acknowledged, at most: as in the other worlds.
  static constexpr std::size_t kBuffer = 64 * 1024;

  /// Who waits for files and knows the application.
  class Owner {
   public:
    virtual Time time() const = 0;
    virtual trial::Application& application() = 0;
    /// Calls `handle(key)` when one of `events` (of epoll) comes to `fd`; 0 ends that, and so does closing the file.
    virtual void follow(int fd, std::uint32_t key, std::uint32_t events) = 0;

   protected:
    ~Owner() = default;
  };

  explicit HostStreams(Owner& owner) : owner_(owner) {}

  /// As new: every connection is reset, nobody listens.
  void clear();
  /// See trial::Network; `stack` is that of `host`. `listen` throws PortInUse and std::system_error.
  void listen(trial::HostId host, const NetworkNamespace& stack, const TransportAddress& local);
  trial::StreamId connect(trial::HostId host, const NetworkNamespace& stack, const TransportAddress& local,
                          const TransportAddress& remote);
  bool send(trial::StreamId stream, Bytes bytes);
  void close(trial::StreamId stream);

  void handle(std::uint32_t key);
  /// Tells of streams that broke while something was sent; before the owner waits.
  void settle();

 private:
  struct Listener {
    trial::HostId host;
    TransportAddress local;
    FileDescriptor file;
  };
  struct End {
    trial::HostId host;
    TransportAddress local, remote;
    net::Stream stream;
    bool accepted = false;
    std::uint32_t followed = 0;  ///< events asked for
    bool open = false;           ///< the application was told so
    bool over = false;           ///< closed by the application, or it was told
  };

  trial::StreamId add(std::unique_ptr<End> end);
  /// Null when there is no such stream, or the application is done with it.
  End* find(trial::StreamId stream);
  void accept_all(std::size_t listener);
  void advance(trial::StreamId stream);
  void read(trial::StreamId stream);
  void follow(trial::StreamId stream);
  void tell_closed(trial::StreamId stream);
  const net::TlsCredentials::Both& tls();

  Owner& owner_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<End>> ends_;  ///< by StreamId - 1
  std::vector<trial::StreamId> broken_;
  net::TlsCredentials::Both tls_;
};

}  // namespace punchlab::lab
