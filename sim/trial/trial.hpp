#pragma once
// One attempt of one pair: puts two agents and the relay server on the hosts of a world, sends probes between them, and
// records what really happened. The same object runs on every backend.
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "protocol/agent/agent.hpp"
#include "results/record/record.hpp"
#include "sim/trial/late_log.hpp"
#include "sim/trial/network.hpp"
#include "sim/trial/plan.hpp"
#include "sim/trial/probes.hpp"
#include "sim/trial/relay_host.hpp"
#include "sim/trial/witness.hpp"

namespace punchlab::trial {

/// Static keys of both peers, made once per run: a peer's identity outlives its connections.
struct Identities {
  explicit Identities(std::uint64_t seed);
  session::Identity client;
  session::Identity connector;
};

class Trial final : public Application {
 public:
  /// `cell`, `topology` and `identities` must outlive the trial. A `relay` that served another trial, which is over,
  /// saves making one; it changes no result.
  Trial(const Cell& cell, const Topology& topology, const Identities& identities, std::uint64_t seed,
        std::uint64_t trial, RelayHost* relay = nullptr);

  void start(Time now, Network& network) override;
  void on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override;
  void on_timer(Time now, HostId host) override;
  void on_stream_opened(Time now, HostId host, StreamId stream, const TransportAddress& local,
                        const TransportAddress& remote) override;
  void on_stream(Time now, HostId host, StreamId stream, Bytes bytes) override;
  void on_stream_closed(Time now, HostId host, StreamId stream) override;
  void on_packet(const PacketEvent& event) override { witness_.on_packet(event); }
  void on_late(Time due, Time now) override { late_.add_packet(due, now); }
  bool finished() const override { return finished_; }

  /// The row of this trial; `events` is what `World::run` returned.
  results::TrialRecord record(std::uint64_t events) const;
  /// Why it is not direct, or slow; `none` for a direct trial that is not.
  Finding finding() const;
  /// A peer's path as it changed, for explanation; the first kMostChanges.
  struct PathChange {
    Time at;
    HostId host = HostId::client;
    PathKind path = PathKind::none;
    friend bool operator==(const PathChange&, const PathChange&) = default;
  };
  std::span<const PathChange> path_changes() const { return {changes_.data(), change_count_}; }
  results::Outcome outcome() const;
  /// When a world should give up: the cell's timeout after the later side's start.
  Time until() const { return origin_ + cell_->timeout; }

 private:
  /// A stream as a host's program knows it, and as the world does.
  struct HostStream {
    SocketId socket;
    StreamId stream = 0;
  };
  /// A peer's host: its agent and what the trial knows of its progress.
  struct Peer {
    std::unique_ptr<SeededRng> rng;
    std::unique_ptr<agent::Agent> agent;
    TransportAddress socket;
    std::vector<HostStream> streams;
    std::uint16_t streams_begun = 0;
    Time start;
    Time deadline = kNever;  ///< the agent's
    Time timer = kNever;     ///< set in the world
    bool started = false;
    bool failed = false;
    PathKind path = PathKind::none;
    PathKind arriving = PathKind::none;  ///< how the datagram in hand reached this host, by its IP source
  };

  Peer& peer(HostId host) { return peers_[static_cast<std::size_t>(host)]; }
  const Peer& peer(HostId host) const { return peers_[static_cast<std::size_t>(host)]; }
  void set_up_peer(HostId host, const session::Identity& self, const session::Identity& other);
  void start_peer(Time now, HostId host);
  void set_up_relay(Time now);
  void drain_peer(Time now, HostId host);
  void drain_relay(Time now);
  void handle(Time now, HostId host, const Output& output, Bytes buffer);
  void handle_relay(const Output& output, Bytes buffer);
  void on_data(Time now, HostId host, PathKind claimed, Bytes data);
  void on_path(Time now, HostId host, PathKind kind);
  void open_stream(Time now, HostId host, const OpenSocket& open);
  void close_stream(HostId host, SocketId socket);
  bool send_on_stream(HostId host, SocketId socket, Bytes bytes);
  std::vector<HostStream>& streams_of(HostId host);
  void send_probe(Time now);
  void send_data(Time now, HostId host, Bytes data);
  void transmit(HostId host, const Transmit& transmit, Bytes buffer);
  void update_progress(Time now);
  void set_timer(HostId host);
  std::optional<Duration> since_origin(Time t) const;
  std::optional<Duration> excess() const;

  const Cell* cell_;
  const Topology* topology_;
  std::uint64_t trial_;
  RngKey key_;
  Network* network_ = nullptr;
  std::array<Peer, 2> peers_;
  RelayHost* relay_host_;
  std::unique_ptr<RelayHost> own_relay_host_;
  relay::Server* relay_ = nullptr;
  struct RelaySocket {
    SocketId id;
    TransportAddress local;
  };
  std::vector<RelaySocket> relay_sockets_;
  std::vector<HostStream> relay_streams_;
  Time relay_deadline_ = kNever;
  Time origin_;  ///< start of the later side
  Witness witness_;
  ProbeLog probes_;
  Time first_byte_ = kNever;
  Time direct_since_ = kNever;
  LateLog late_;
  Duration behind_at_direct_{0};  ///< LateLog::behind when it became direct
  Time ended_;
  static constexpr std::size_t kMostChanges = 16;
  std::array<PathChange, kMostChanges> changes_;
  std::size_t change_count_ = 0;
  std::uint32_t contradictions_ = 0;
  bool finished_ = false;
  std::array<std::uint8_t, kMaxDatagram> buffer_;
  std::array<std::uint8_t, kMaxDatagram> sealed_;
};

}  // namespace punchlab::trial
