#pragma once
// The TCP connections of a trial, as ns-3 sockets. TCP is put on the hosts when the first of them begins, because few trials have
// any; and a network that has had one serves no other trial: sockets and their timers outlive a reset.
#include <array>
#include <memory>
#include <vector>

#include "sim/ns3/host_tcp.hpp"

namespace punchlab::sim_ns3 {

class Streams {
 public:
  explicit Streams(TrialContext& context) : context_(context) {}
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  /// See trial::Network; `hosts` are those of the network, by their ids.
  using Hosts = std::array<Host*, trial::kHosts>;
  void Listen(trial::HostId host, const TransportAddress& local) { listeners_.push_back({host, local}); }
  trial::StreamId Connect(const Hosts& hosts, trial::HostId host, const TransportAddress& local,
                          const TransportAddress& remote);
  bool Send(trial::StreamId stream, Bytes bytes);
  void Close(trial::StreamId stream);

  /// Whether there ever was one.
  bool Used() const { return !tcp_.empty(); }
  /// Nobody listens.
  void Reset() { listeners_.clear(); }

 private:
  struct Listener {
    trial::HostId host;
    TransportAddress local;
  };
  struct End {
    trial::HostId host = trial::HostId::client;
    ns3::Ptr<ns3::Socket> socket;
    bool open = false;
    bool over = false;  ///< closed by the application, or it was told
  };

  void Start(const Hosts& hosts);
  trial::StreamId Add(trial::HostId host, ns3::Ptr<ns3::Socket> socket);
  trial::StreamId IdOf(ns3::Ptr<ns3::Socket> socket) const;
  End& At(trial::StreamId stream) { return ends_[stream - 1]; }
  void Opened(trial::StreamId stream);
  void Connected(ns3::Ptr<ns3::Socket> socket);
  void Accepted(ns3::Ptr<ns3::Socket> socket, const ns3::Address& from);
  void Received(ns3::Ptr<ns3::Socket> socket);
  void Ended(ns3::Ptr<ns3::Socket> socket);

  TrialContext& context_;
  std::vector<Listener> listeners_;
  std::vector<ns3::Ptr<ns3::Socket>> listening_;
  std::vector<ns3::Ptr<HostTcp>> tcp_;  ///< of each host, once started
  std::vector<End> ends_;
};

}  // namespace punchlab::sim_ns3
