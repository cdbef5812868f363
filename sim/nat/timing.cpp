#include "sim/nat/timing.hpp"

#include "sim/packet/packet.hpp"

namespace punchlab::nat {
namespace {

bool refreshes(Refresh refresh, From from) {
  return refresh == Refresh::both || (refresh == Refresh::outbound) == (from == From::inside);
}

Duration lifetime(const Timers& timers, std::uint8_t protocol, const Timing& timing, Time now) {
  if (protocol != packet::kUdp) return timers.icmp_query;
  const bool assured = timing.replied && now - timing.created >= timers.udp_assured_after;
  return assured ? timers.udp_replied : timers.udp_unreplied;
}

void touch_tcp(const Profile& profile, MappingTable& table, MappingEntry& mapping, SessionEntry& session, Time now) {
  const bool lasting = session.tcp.established && !session.tcp.closing();
  const Time before = session.timing.expires;
  session.timing.expires = now + (lasting ? profile.timers.tcp_established : profile.timers.tcp_transitory);
  if (session.timing.expires < before) {
    table.shorten(mapping);
  } else {
    mapping.timing.expires = std::max(mapping.timing.expires, session.timing.expires);
  }
}

}  // namespace

void touch(const Profile& profile, MappingTable& table, MappingEntry& mapping, SessionEntry* session, From from,
           Time now) {
  if (from == From::outside) {
    mapping.timing.replied = true;
    if (session != nullptr) session->timing.replied = true;
  }
  if (mapping.protocol == packet::kTcp) {
    if (session != nullptr) touch_tcp(profile, table, mapping, *session, now);
  } else {
    const bool as_a_whole = profile.filtering == Dependence::endpoint_independent || session == nullptr;
    Timing& timing = as_a_whole ? mapping.timing : session->timing;
    const bool fresh = !timing.alive(now);
    if (fresh || refreshes(profile.refresh, from))
      timing.expires = now + lifetime(profile.timers, mapping.protocol, timing, now);
    if (as_a_whole && session != nullptr) session->timing.expires = timing.expires;
    mapping.timing.expires = std::max(mapping.timing.expires, timing.expires);
  }
  table.note_expiry(session != nullptr ? session->timing.expires : mapping.timing.expires);
}

void follow(TcpProgress& tcp, std::uint8_t flags, From from) {
  const bool out = from == From::inside;
  if ((flags & packet::kSyn) != 0 && tcp.closing()) tcp = {};  // the 5-tuple is used again (RFC 6191)
  if ((flags & packet::kRst) != 0) {
    tcp.reset = true;
    return;
  }
  (out ? tcp.seen_out : tcp.seen_in) = true;
  if ((flags & packet::kFin) != 0) (out ? tcp.fin_out : tcp.fin_in) = true;
  const bool acknowledges = (flags & packet::kAck) != 0 && (flags & packet::kSyn) == 0;
  if (acknowledges && tcp.seen_out && tcp.seen_in) tcp.established = true;
}

}  // namespace punchlab::nat
