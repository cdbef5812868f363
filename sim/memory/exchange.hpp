#pragma once
// An application for tests and benchmarks of worlds: it does with plain datagrams what hole punching does (register at
// the relay, learn the peer's address, punch from both sides, carry data over the relay as well) and writes down all
// that it sees, so that two worlds, or two runs of one, can be compared.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/trial/network.hpp"

namespace punchlab::memory {

/// How much of what an Exchange sends.
struct ExchangePlan {
  std::uint64_t seed = 1;
  std::uint32_t flows = 1;    ///< ports on each peer, at most 8
  std::uint32_t rounds = 24;  ///< sends of each peer, `interval` apart
  Duration interval = std::chrono::milliseconds{20};
  std::uint32_t burst = 1;      ///< punches per flow and round, sent at once
  std::uint32_t smallest = 60;  ///< bytes of payload, at least 32
  std::uint32_t largest = 200;  ///< at most kMaxDatagram
  double low_ttl = 0;           ///< share of punches that expire on their way
  bool to_private = false;      ///< also punch towards the peer's own, private address
  bool keep_trace = true;       ///< false: count only (benchmarks)
};

class Exchange : public trial::Application {
 public:
  Exchange(const trial::Topology& topology, const ExchangePlan& plan);

  /// Datagrams that reached an application.
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t direct() const { return direct_; }  ///< of them, those between the peers without the relay
  /// Packets that ended as `kind`.
  std::uint64_t count(trial::PacketEvent::Kind kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  /// One line per packet event and datagram, with its time, in order.
  const std::vector<std::string>& trace() const { return trace_; }

  void start(Time now, trial::Network& network) override;
  void on_datagram(Time now, trial::HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override;
  void on_timer(Time now, trial::HostId host) override;
  void on_packet(const trial::PacketEvent& event) override;
  bool finished() const override { return done_ == 2; }

 private:
  enum class Type : std::uint8_t { reg, peer, punch, answer, relayed };
  static constexpr std::size_t kFlows = 8;

  void send(trial::HostId from, const TransportAddress& source, const TransportAddress& destination, Type type,
            std::uint8_t flow, std::uint8_t ttl = 0);
  void send_peer_address(trial::HostId to, std::uint8_t flow);
  void send_round(trial::HostId host, std::uint8_t flow);
  void at_relay(Bytes payload, const TransportAddress& source);
  void at_peer(trial::HostId host, Bytes payload, const TransportAddress& source, const TransportAddress& destination);
  TransportAddress local(trial::HostId host, std::uint8_t flow) const;
  TransportAddress relay() const;

  const trial::Topology& topology_;
  ExchangePlan plan_;
  SeededRng rng_;
  trial::Network* network_ = nullptr;
  std::array<std::array<TransportAddress, kFlows>, 2> seen_by_relay_;
  std::array<std::array<TransportAddress, kFlows>, 2> peer_of_;
  std::array<std::uint32_t, 2> rounds_{};
  std::array<std::uint8_t, kMaxDatagram> buffer_{};
  std::array<std::uint64_t, trial::PacketEvent::kKinds> counts_{};
  std::uint64_t delivered_ = 0;
  std::uint64_t direct_ = 0;
  int done_ = 0;
  std::vector<std::string> trace_;
};

/// A topology with `client` and `connector` behind these chains; every link is a wire of `latency` and nothing else.
trial::Topology exchange_topology(const nat::Chain& client, const nat::Chain& connector, std::uint64_t seed);
/// The same in one network behind `shared`.
trial::Topology exchange_topology(const nat::Chain& client, const nat::Chain& connector, const nat::Chain& shared,
                                  std::uint64_t seed);

}  // namespace punchlab::memory
