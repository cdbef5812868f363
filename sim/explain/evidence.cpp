#include "sim/explain/evidence.hpp"

#include <algorithm>

#include "sim/packet/packet.hpp"

namespace punchlab::explain {
namespace {

using trial::HostId;
using Kind = trial::PacketEvent::Kind;

/// Whether packets from `inside` may be of `side` at this gateway: behind the outermost shared gateways all look alike.
bool may_be_of(const Recording& r, HostId side, const GatewayPlace& place, const TransportAddress& inside) {
  if (place.side != HostId::shared || place.gateway > 0) return true;
  const auto& own = r.topology.host(side).outside_addresses();
  return std::find(own.begin(), own.end(), inside.address) != own.end();
}

bool varies(const Recording& r, HostId side, const GatewayPlace& place, const Table& table) {
  constexpr std::uint8_t kUdp = 17;
  for (const auto& one : table.mappings)
    for (const auto& other : table.mappings)
      if (one.protocol == kUdp && other.protocol == kUdp && one.internal == other.internal &&
          one.external != other.external && may_be_of(r, side, place, one.internal))
        return true;
  return false;
}

bool is_at(const Event& event, const trial::Finding& f) {
  return event.side == f.dropped_by && event.gateway == f.gateway;
}

/// The packets that the finding is about.
bool is_dropped(const Event& event, const trial::Finding& f) {
  if (event.kind != Kind::dropped_by_gateway || !is_at(event, f)) return false;
  const auto view = packet::parse(event.packet);
  return view && view->source == f.source && view->destination == f.destination;
}

}  // namespace

std::optional<GatewayPlace> varying_gateway(const Recording& r, HostId side) {
  std::optional<GatewayPlace> found;
  const auto outermost = [](const GatewayPlace& a) { return std::pair(a.side == HostId::shared, a.gateway); };
  for (const auto& event : r.events) {
    if (!event.after || (event.side != side && event.side != HostId::shared)) continue;
    const GatewayPlace place{event.side, event.gateway};
    if (found && outermost(*found) <= outermost(place)) continue;
    if (varies(r, side, place, *event.after)) found = place;
  }
  return found;
}

LastSent last_sent(const Recording& r, const trial::Finding& f) {
  const auto last = std::find_if(r.events.rbegin(), r.events.rend(), [&](const Event& e) { return is_dropped(e, f); });
  LastSent sent;
  if (last == r.events.rend()) return sent;
  const auto& remote = last->mapped ? last->mapped->outside : f.source;  // as the filter saw it
  for (auto event = last; event != r.events.rend(); ++event) {
    if (event->kind != Kind::translated || !is_at(*event, f)) continue;
    const auto view = packet::parse(event->packet);
    if (!view) continue;
    const auto& from = event->mapped ? event->mapped->outside : view->source;
    const auto& to = event->mapped ? event->mapped->to : view->destination;
    if (from != f.destination || to.address != remote.address) continue;
    if (!sent.to_address) sent.to_address = event->at;
    if (to == remote && !sent.to_port) sent.to_port = event->at;
  }
  return sent;
}

}  // namespace punchlab::explain
