#pragma once
// What a relay sent to a peer over one TCP connection, put together again from the segments that reached the peer's
// host: the lab sees packets, and the verdict on a pair of agents needs the datagrams in them.
#include <cstdint>
#include <map>
#include <vector>

#include "protocol/stun/stream_framer.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::agents {

class RelayStream {
 public:
  /// A segment from the relay arrived, in any order, perhaps again. Calls `f(Bytes)` with each STUN message or
  /// ChannelData that is whole now. A SYN begins another connection.
  template <class F>
  void on_segment(const packet::TcpFields& fields, Bytes payload, F&& f) {
    take(fields, payload);
    for (Bytes rest{ready_}; framer_.next(rest) == stun::FrameStatus::complete;) f(framer_.frame());
    ready_.clear();
  }

 private:
  /// Segments that wait for an earlier one, at most; TCP sends what is forgotten here only when it was lost on the way
  /// too.
  static constexpr std::size_t kMostWaiting = 256;

  void take(const packet::TcpFields& fields, Bytes payload);

  bool open_ = false;
  std::uint32_t next_ = 0;                                      ///< sequence number of the next byte
  std::map<std::uint32_t, std::vector<std::uint8_t>> waiting_;  ///< by their sequence numbers
  std::vector<std::uint8_t> ready_;
  stun::StreamFramer framer_;
};

}  // namespace punchlab::agents
