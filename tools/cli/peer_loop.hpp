#pragma once
// Runs one session after another with a peer: finds the relay, connects, moves the bytes of its channels, says what happens.
#include <string>

#include "net/host/system_rng.hpp"
#include "net/peer/channels.hpp"
#include "net/peer/peer.hpp"
#include "tools/cli/peer_options.hpp"
#include "tools/cli/peer_status.hpp"

namespace punchlab::cli {

/// What a command does with a connection.
class PeerService {
 public:
  virtual ~PeerService() = default;
  virtual void on_connected(tunnel::Tunnel&, net::Channels&) {}
  /// The peer opened a channel.
  virtual void on_opened(tunnel::Tunnel& tunnel, net::Channels& channels, const tunnel::Opened& opened) = 0;
  virtual void on_aborted(const tunnel::Aborted&) {}
  /// Something may have happened on the files that the service follows. `tunnel` is null while there is none.
  virtual void on_turn(tunnel::Tunnel*, net::Channels&, const net::UdpHost::Woken&) {}
  /// Everything there was to do has been done.
  virtual bool finished(const tunnel::Tunnel& tunnel, const net::Channels& channels) const = 0;
};

/// How a session ended. `stale`: nobody came for long, and it is time to look at the relay and the network anew.
struct SessionEnd {
  enum class Kind : std::uint8_t { stopped, finished, gone, stale, failed } kind = Kind::failed;
  bool was_connected = false;
  std::string reason;  ///< when failed: a code of docs/reasons.md and what it means
  bool refused = false;  ///< it would fail again
  bool reached_relay = false;  ///< the relay had answered
};

class PeerLoop {
 public:
  PeerLoop(net::UdpHost& host, const PeerOptions& options) : host_(host), streams_(host), options_(options), status_(options.json) {}

  /// `waits`: a peer that is not there is no failure.
  SessionEnd run(PeerService& service, bool waits);
  PeerStatus& status() { return status_; }

 private:
  std::optional<net::RelayWay> find_relay(SessionEnd& end);
  SessionEnd converse(net::Peer& peer, PeerService& service, bool waits);
  std::optional<SessionEnd> verdict(net::Peer& peer, const PeerService& service, const net::Channels& channels, bool waits);
  bool take_events(tunnel::Tunnel& tunnel, net::Channels& channels, PeerService& service);

  net::UdpHost& host_;
  net::StreamSet streams_;
  const PeerOptions& options_;
  PeerStatus status_;
  net::SystemRng rng_;
};

/// A failure of docs/reasons.md with what it means for the user, and what to do.
std::string explain_failure(const std::string& reason);

}  // namespace punchlab::cli
