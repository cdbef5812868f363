#pragma once
// The channels of one tunnel and what they are joined to.
#include <map>
#include <memory>

#include "net/peer/byte_end.hpp"
#include "net/tunnel/tunnel.hpp"

namespace punchlab::net {

class Channels {
 public:
  explicit Channels(UdpHost& host) : host_(host) {}

  void join(tunnel::ChannelId channel, std::unique_ptr<ByteEnd> end);
  /// The peer has ended it before its time.
  void abort(tunnel::ChannelId channel);
  void abort_all();
  /// All that the peer sent has been handed on.
  bool delivered() const;
  void close_all() { joined_.clear(); }
  /// Moves bytes both ways as far as it goes without waiting, and forgets channels that are done.
  void pump(tunnel::Tunnel& tunnel);
  bool empty() const { return joined_.empty(); }
  std::size_t size() const { return joined_.size(); }

 private:
  struct Joined {
    std::unique_ptr<ByteEnd> end;
    bool finished_in = false;   ///< the tunnel was told that no more comes
    bool finished_out = false;  ///< the end was told that no more comes
  };
  /// False: it is done.
  bool pump_one(tunnel::Tunnel& tunnel, tunnel::ChannelId id, Joined& joined);
  void move_in(tunnel::Tunnel& tunnel, tunnel::ChannelId id, Joined& joined);
  void move_out(tunnel::Tunnel& tunnel, tunnel::ChannelId id, Joined& joined);

  UdpHost& host_;
  std::map<tunnel::ChannelId, Joined> joined_;
};

}  // namespace punchlab::net
