#include "tools/cli/peer_loop.hpp"

#include <fmt/format.h>

#include <map>

#include "tools/cli/interrupt.hpp"
#include "tools/cli/key_file.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {
namespace {

constexpr SocketId kFinderSockets{100};
constexpr SocketId kPeerSocket{1};
/// Time for the last acknowledgements after everything is done.
constexpr Duration kLinger = std::chrono::milliseconds{300};
/// Time to hand on what came before a goodbye.
constexpr Duration kLeaving = std::chrono::seconds{5};
/// A listener that nobody comes to begins anew: the agent gives a relay up at last, and this machine may have moved.
constexpr Duration kRenewal = std::chrono::minutes{10};

}  // namespace

std::string explain_failure(const std::string& reason) {
  static const std::map<std::string, std::string> kMeanings{
      {"peer-unavailable", "the peer did not answer; does it run, with this relay, its own key and yours?"},
      {"relay-unreachable", "the relay does not answer"},
      {"credential-refused", "the relay refuses the name and password of --user"},
      {"no-path", "no path to the peer works, not even over the relay"},
      {"path-lost", "the path to the peer was lost"},
  };
  const auto found = kMeanings.find(reason);
  return found == kMeanings.end() ? reason : fmt::format("{}: {}", reason, found->second);
}

std::optional<net::RelayWay> PeerLoop::find_relay(SessionEnd& end) {
  net::RelayFinder finder(host_, streams_, options_.ways, kFinderSockets, rng_);
  const auto found = finder.run([] { return interrupted != 0; });
  if (found) {
    status_.found_relay(options_.ways[*found], *finder.mapped(), finder.failures());
    return options_.ways[*found];
  }
  end.kind = interrupted != 0 ? SessionEnd::Kind::stopped : SessionEnd::Kind::failed;
  end.reason = fmt::format("relay-unreachable: {}", finder.failures());
  return std::nullopt;
}

SessionEnd PeerLoop::run(PeerService& service, bool waits) {
  SessionEnd end;
  status_.begin();
  const auto way = find_relay(end);
  if (!way) return end;
  net::Peer peer(host_, streams_, options_.agent_config(*way), *way, kPeerSocket, rng_);
  if (const auto why = peer.start()) throw CommandError(kMachineLacks, *why);
  auto ended = converse(peer, service, waits);
  ended.reached_relay = true;
  return ended;
}

SessionEnd PeerLoop::converse(net::Peer& peer, PeerService& service, bool waits) {
  net::Channels channels(host_);
  bool was_connected = false;
  const auto renew_at = waits ? net::monotonic_now() + kRenewal : kNever;
  Time leave_by = kNever;  ///< the peer said goodbye: only what it sent before is still handed on
  std::optional<SessionEnd> end;
  while (!end) {
    peer.turn(net::monotonic_now() + kInterruptCheck);
    auto* const tunnel = peer.tunnel();
    if (tunnel != nullptr && !std::exchange(was_connected, true)) service.on_connected(*tunnel, channels);
    service.on_turn(tunnel, channels, peer.woken());
    if (tunnel != nullptr) {
      if (take_events(*tunnel, channels, service)) leave_by = net::monotonic_now() + kLeaving;
      channels.pump(*tunnel);
      peer.flush();
      status_.path(peer.status(), tunnel->round_trip());
    }
    if (leave_by != kNever && channels.delivered()) channels.close_all();
    end = verdict(peer, service, channels, waits);
    const bool left = leave_by != kNever && (channels.empty() || net::monotonic_now() >= leave_by);
    if (!end && left) end = SessionEnd{SessionEnd::Kind::gone, {}, {}};
    if (!end && tunnel == nullptr && net::monotonic_now() >= renew_at) end = SessionEnd{SessionEnd::Kind::stale, {}, {}};
  }
  channels.abort_all();
  end->was_connected = was_connected;
  return *end;
}

std::optional<SessionEnd> PeerLoop::verdict(net::Peer& peer, const PeerService& service, const net::Channels& channels, bool waits) {
  auto* const tunnel = peer.tunnel();
  if (interrupted != 0) {
    peer.say_goodbye();
    return SessionEnd{SessionEnd::Kind::stopped, {}, {}};
  }
  if (tunnel != nullptr && service.finished(*tunnel, channels)) {
    for (const auto until = net::monotonic_now() + kLinger; net::monotonic_now() < until; peer.flush()) peer.turn(until);
    peer.say_goodbye();
    return SessionEnd{SessionEnd::Kind::finished, {}, {}};
  }
  if (peer.gone(net::monotonic_now())) return SessionEnd{SessionEnd::Kind::gone, {}, {}};
  const std::string reason = peer.failure() == nullptr ? "" : peer.failure();
  if (reason.empty() || tunnel != nullptr || (waits && reason == "peer-unavailable")) return std::nullopt;
  return SessionEnd{SessionEnd::Kind::failed, {}, explain_failure(reason), reason == "credential-refused"};
}

/// True when the peer has ended the tunnel.
bool PeerLoop::take_events(tunnel::Tunnel& tunnel, net::Channels& channels, PeerService& service) {
  bool ended = false;
  while (const auto event = tunnel.next_event()) {
    if (const auto* opened = std::get_if<tunnel::Opened>(&*event)) service.on_opened(tunnel, channels, *opened);
    if (const auto* aborted = std::get_if<tunnel::Aborted>(&*event)) {
      channels.abort(aborted->channel);
      service.on_aborted(*aborted);
    }
    ended = ended || std::holds_alternative<tunnel::Ended>(*event);
  }
  return ended;
}

}  // namespace punchlab::cli
