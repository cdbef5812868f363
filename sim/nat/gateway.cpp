#include "sim/nat/gateway.hpp"

#include <algorithm>

namespace punchlab::nat {

Gateway::Gateway(const Profile& profile, const Addressing& addressing, const RngKey& key)
    : rng_(key), allocator_(profile_, table_, unsolicited_, rng_) {
  reset(profile, addressing, key);
}

void Gateway::reset(const Profile& profile, const Addressing& addressing, const RngKey& key) {
  profile_ = profile;
  rng_ = SeededRng(key);
  internal_ = addressing.internal;
  external4_ = external6_ = {};
  std::array<IpAddress, kMostAddresses> pool;
  std::size_t count = 0;
  const std::size_t most = std::clamp<std::size_t>(profile.addresses, 1, kMostAddresses);
  for (const IpAddress& address : addressing.external) {
    IpAddress& speaker = address.is_v4() ? external4_ : external6_;
    if (speaker.is_unspecified()) speaker = address;
    if (address.is_v4() && count < most) pool[count++] = address;
  }
  table_.prepare(profile_);
  unsolicited_.prepare(profile_.unsolicited_creates_state ? std::max(profile_.max_mappings, 1U) : 0);
  allocator_.prepare({pool.data(), count});
}

bool Gateway::owns(const IpAddress& address) const {
  const auto own = allocator_.addresses();
  return std::find(own.begin(), own.end(), address) != own.end();
}

bool Gateway::passes_tcp(const Transit& t) const {
  if (profile_.tcp != TcpPassage::port_443) return profile_.tcp == TcpPassage::allowed;
  return (t.from == From::inside ? t.view.destination : t.view.source).port == 443;
}

Verdict Gateway::forwarded(const packet::View& view, Reason reason, Action action) const {
  return {action, translates(view) ? reason : Reason::passed_through, 0};
}

Verdict Gateway::process(Time now, From from, MutableBytes packet, MutableBytes reply) {
  const auto view = packet::parse(packet);
  if (!view) return {Action::drop, Reason::malformed, 0};
  if (from == From::inside && view->destination.address == internal_) return {Action::local, Reason::passed_through, 0};
  if (view->fragment) return {Action::drop, Reason::unsupported, 0};
  const Transit t{now, from, *view, packet.first(view->size), reply};
  switch (view->protocol) {
    case packet::kUdp:
      if (profile_.udp_blocked) return {Action::drop, Reason::udp_blocked, 0};
      return from == From::inside ? outbound(t) : inbound(t);
    case packet::kTcp:
      if (!passes_tcp(t)) return {Action::drop, Reason::tcp_blocked, 0};
      return from == From::inside ? outbound(t) : inbound(t);
    case packet::kIcmp:
    case packet::kIcmp6:
      return icmp(t);
    default:
      return {Action::drop, Reason::unsupported, 0};
  }
}

}  // namespace punchlab::nat
