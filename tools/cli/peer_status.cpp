#include "tools/cli/peer_status.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace punchlab::cli {
namespace {

/// A new path is told with its round trip, if that is known by then.
constexpr Duration kMeasurable = std::chrono::milliseconds{600};

double milliseconds(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

}  // namespace

PeerStatus::PeerStatus(bool json) : json_(json), began_(net::monotonic_now()) {}

void PeerStatus::found_relay(const net::RelayWay& way, const TransportAddress& mapped, const std::string& failures) {
  transport_ = way.transport;
  relay_ = way.address;
  auto why = fmt::format("over {}, which sees this side as {}", net::name_of(way.transport), mapped.to_string());
  if (!failures.empty()) why += fmt::format(" ({})", failures);
  print("relay", way.address.to_string(), why, std::nullopt);
}

std::string PeerStatus::why_relayed(const net::PathStatus& path) const {
  if (!path.concluded) return "a direct path is looked for";
  if (transport_ != Transport::udp)
    return fmt::format("UDP to the relay is blocked here; the relay is reached over {}", net::name_of(transport_));
  return "no direct path answered, because of the two NATs or because the other side has no UDP; 'punchlab probe' "
         "shows what this side's NAT does";
}

void PeerStatus::path(const net::PathStatus& path, std::optional<Duration> round_trip) {
  const Told now_is{path.kind, path.kind == PathKind::direct ? path.remote : TransportAddress{},
                    path.kind == PathKind::relayed && path.concluded};
  const auto now = net::monotonic_now();
  if (seen_ != now_is) {
    seen_ = now_is;
    seen_at_ = now;
  }
  if (told_ == now_is || (!told_ && path.kind == PathKind::none)) return;
  if (path.kind != PathKind::none && !round_trip && now < seen_at_ + kMeasurable) return;
  told_ = now_is;
  switch (path.kind) {
    case PathKind::none:
      return print("lost", {}, "nothing comes through any more; new ways are looked for", std::nullopt);
    case PathKind::direct:
      return print("direct", path.remote.to_string(), "the two hosts reach each other without the relay", round_trip);
    case PathKind::relayed:
      return print("relayed", relay_.to_string(), why_relayed(path), round_trip);
  }
}

void PeerStatus::say(const std::string& state, const std::string& why) { print(state, {}, why, std::nullopt); }

void PeerStatus::print(const std::string& state, const std::string& remote, const std::string& why,
                       std::optional<Duration> round_trip) {
  const auto at = milliseconds(net::monotonic_now() - began_);
  if (json_) {
    nlohmann::ordered_json line{{"state", state}};
    if (!remote.empty()) line["remote"] = remote;
    if (round_trip) line["round_trip_ms"] = milliseconds(*round_trip);
    line["why"] = why;
    line["at_ms"] = at;
    fmt::print(stderr, "{}\n", line.dump());
    return;
  }
  const auto where = remote.empty() ? std::string{}
                                    : (state == "relayed"  ? " by "
                                       : state == "direct" ? " to "
                                                           : " ") +
                                          remote;
  const auto trip = round_trip ? fmt::format(" (round trip {:.1f} ms)", milliseconds(*round_trip)) : std::string{};
  fmt::print(stderr, "{}{}{}: {}\n", state, where, trip, why);
}

}  // namespace punchlab::cli
