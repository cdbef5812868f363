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

  /// Its listening sockets.
  static constexpr SocketId kUdp{1}, kTcp{2}, kTls{3};

  /// A server as newly made, that listens on kRelayPort and kRelayTlsPort of `address` and draws its randomness from `key`.
  /// Lives until the next call.
  relay::Server& begin(const IpAddress& address, const RngKey& key);

 private:
  SeededRng rng_{RngKey{}};
  IpAddress address_;
  std::optional<relay::Server> server_;
};

}  // namespace punchlab::trial
