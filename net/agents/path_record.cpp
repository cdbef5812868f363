#include "net/agents/path_record.hpp"

#include <algorithm>

#include "protocol/stun/message.hpp"
#include "protocol/turn/channel_data.hpp"
#include "sim/trial/carried.hpp"

namespace punchlab::agents {
namespace {

/// All that is neither STUN nor TURN by its first byte (RFC 7983), DTLS of WebRTC included. Not by the magic cookie:
/// libnice also asks as RFC 3489 did, without one, and coturn answers in kind.
bool is_application(Bytes payload) {
  constexpr std::uint8_t kLastOfStun = 3;
  return !payload.empty() && payload[0] > kLastOfStun && !stun::looks_like_channel_data(payload);
}

}  // namespace

void PathRecord::on_delivery(Time now, trial::HostId peer, bool relayed, Bytes payload) {
  if (peer == trial::HostId::relay || !is_application(relayed ? trial::relayed_payload(payload) : payload)) return;
  auto& p = peers_[static_cast<std::size_t>(peer)];
  p.first = std::min(p.first, now);
  if (!relayed) p.first_direct = std::min(p.first_direct, now);
  p.recent = static_cast<std::uint8_t>(p.recent << 1 | (relayed ? 0 : 1));
  p.count = std::min(p.count + 1, kLast);
}

PathKind PathRecord::path() const {
  if (peers_[0].count == 0 || peers_[1].count == 0) return PathKind::none;
  const auto direct = [](const Peer& p) {
    const auto mask = (1U << p.count) - 1U;
    return (p.recent & mask) == mask;
  };
  return direct(peers_[0]) && direct(peers_[1]) ? PathKind::direct : PathKind::relayed;
}

Time PathRecord::direct_since() const { return std::max(peers_[0].first_direct, peers_[1].first_direct); }
Time PathRecord::first_byte() const { return std::min(peers_[0].first, peers_[1].first); }

}  // namespace punchlab::agents
