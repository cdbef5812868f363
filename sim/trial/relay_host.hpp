#pragma once
// The relay of one trial after another: its keys are derived and its tables made once.
#include <optional>

#include "protocol/relay/server.hpp"

namespace punchlab::trial {

class RelayHost {
 public:
  RelayHost() = default;
  RelayHost(const RelayHost&) = delete;
  RelayHost& operator=(const RelayHost&) = delete;

  /// A server as newly made, that listens as `listener` on kRelayPort of `address` and draws its randomness from `key`.
  /// Lives until the next call.
  relay::Server& begin(const IpAddress& address, SocketId listener, const RngKey& key);

 private:
  SeededRng rng_{RngKey{}};
  IpAddress address_;
  SocketId listener_;
  std::optional<relay::Server> server_;
};

}  // namespace punchlab::trial
