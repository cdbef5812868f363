#pragma once
// How application data reached each peer, as the lab saw it: the verdict on a pair of agents rests on this.
#include <array>

#include "protocol/base/endpoint.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::agents {

class PathRecord {
 public:
  /// A datagram reached a peer's stack. `relayed`: it came from the relay's host.
  void on_delivery(Time now, trial::HostId peer, bool relayed, Bytes payload);

  /// How data goes in the end: direct when the last kLast datagrams of both peers came so, else relayed; none when one
  /// of them got nothing.
  PathKind path() const;
  /// When data had come directly to both; kNever otherwise.
  Time direct_since() const;
  /// When the first data came to either.
  Time first_byte() const;

 private:
  static constexpr int kLast = 8;
  struct Peer {
    Time first = kNever, first_direct = kNever;
    int count = 0;
    std::uint8_t recent = 0;  ///< a bit for each of the last kLast: direct
  };
  std::array<Peer, 2> peers_;
};

}  // namespace punchlab::agents
