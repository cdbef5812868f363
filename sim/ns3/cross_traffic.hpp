#pragma once
// Other people's traffic through a bottleneck, one way: bursts and pauses whose lengths are exponential, 100 ms on
// average (as of ns-3's OnOffApplication), so that the queue sees all loads between none and twice the average.
#include <ns3/random-variable-stream.h>

#include <cstdint>

#include "sim/ns3/wire.hpp"

namespace punchlab::sim_ns3 {

/// Sends UDP of 1000 bytes straight into the queue of `device` while it lives; the other end throws it away. What those
/// others' hosts would do with it is the most costly part of it, and changes nothing here.
class CrossTraffic {
 public:
  /// `rate`: payload in bit/s, on average. `number`: of the sender, for its addresses. Takes the random streams `stream`
  /// and the one after it.
  CrossTraffic(ns3::Ptr<WireDevice> device, std::uint64_t rate, std::uint8_t number, std::int64_t stream);
  CrossTraffic(const CrossTraffic&) = delete;
  CrossTraffic& operator=(const CrossTraffic&) = delete;
  ~CrossTraffic();

 private:
  void Begin();
  void Send();
  void Pause();
  void BeginLater();

  ns3::Ptr<WireDevice> device_;
  ns3::Ptr<ns3::Packet> packet_;
  ns3::Ptr<ns3::ExponentialRandomVariable> burst_, pause_;
  ns3::Time interval_;  ///< between packets of a burst
  ns3::Time left_;      ///< until the next packet, of a burst's time
  ns3::EventId next_packet_, next_change_;
};

}  // namespace punchlab::sim_ns3
