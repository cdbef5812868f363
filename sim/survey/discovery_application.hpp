#pragma once
// Behaviour discovery as a program of a world: the client's host asks, the relay's host answers from its two addresses.
// Runs in every world, behind whatever gateways stand there.
#include <vector>

#include "protocol/discovery/client.hpp"
#include "protocol/discovery/responder.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::survey {

class DiscoveryApplication final : public trial::Application {
 public:
  /// Timers longer than `longest_timer` are not found. Ports, transaction ids and nothing else depend on `seed`.
  DiscoveryApplication(const trial::Topology& topology, std::uint64_t seed, Duration longest_timer);

  void start(Time now, trial::Network& network) override;
  void on_datagram(Time now, trial::HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override;
  void on_timer(Time now, trial::HostId host) override;
  void on_packet(const trial::PacketEvent&) override {}
  bool finished() const override { return client_.finished(); }
  const discovery::Findings& findings() const { return client_.findings(); }

 private:
  void answer(const TransportAddress& source, const TransportAddress& destination, Bytes request);
  void drain(Time now);

  SeededRng rng_;
  discovery::ServerAddresses server_;
  discovery::Client client_;
  trial::Network* network_ = nullptr;
  std::vector<TransportAddress> sockets_;
  std::array<std::uint8_t, kMaxDatagram> buffer_{};
};

}  // namespace punchlab::survey
