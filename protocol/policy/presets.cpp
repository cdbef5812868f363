#include <array>

#include "protocol/policy/policy.hpp"

namespace punchlab {
namespace {

using std::chrono::milliseconds;

/// Ours: constants chosen for a relay that already carries the data, so that checks may be quick and may give up early.
Policy relay_first() {
  Policy p;
  p.pacing = milliseconds{5};  // RFC 8445 14.2 allows less than 50 ms where the sum of checks stays small
  p.rto = milliseconds{100};
  p.linear_rto = false;
  p.max_transmissions = 5;
  p.last_wait_factor = 4;
  p.patience = milliseconds{5'000};
  p.gather_rto = milliseconds{250};
  return p;
}

/// RFC 8445 section 14 and RFC 8863 to the letter: nothing before a nomination, regular nomination.
Policy ice() {
  Policy p;
  p.name = "ice";
  p.relay_first = false;
  p.synchronised_start = false;
  p.nominate_first_valid = false;
  return p;
}

// The following take the constants of known agents, read in their code, over RFC 8445's. They make this core pace, wait
// and give up as those agents do; they do not copy what has no constant here (order of candidates, renomination). They
// start their checks when candidates arrive, and carry data only after a nomination. Tailscale's agent, whose pings
// every 5 s, trust of 6.5 s and upgrades every 60 s have no counterpart in a checklist, is not among them.

/// libwebrtc P2PTransportChannel: a check every 48 ms while no pair is writable and strong (480 ms after that), any
/// writable pair is used at once, also a relayed one.
Policy libwebrtc() {
  Policy p = ice();
  p.name = "libwebrtc";
  p.nominate_first_valid = true;
  p.acceptance_wait_reflexive = p.acceptance_wait_relayed = milliseconds{0};
  p.pacing = milliseconds{48};
  return p;
}

/// libnice: Ta 20 ms, and 3 retransmissions from 500 ms, doubling (stun/usages/timer.h); aggressive nomination.
Policy libnice() {
  Policy p = ice();
  p.name = "libnice";
  p.nominate_first_valid = true;
  p.pacing = milliseconds{20};
  p.max_transmissions = 1 + 3;
  return p;
}

/// libjuice: Ta 50 ms, 6 retransmissions from 500 ms, doubling; the best valid pair is nominated 2 s after the first.
Policy libjuice() {
  Policy p = ice();
  p.name = "libjuice";
  p.acceptance_wait_reflexive = p.acceptance_wait_relayed = milliseconds{2'000};
  p.max_transmissions = 1 + 6;
  p.keepalive = milliseconds{15'000};
  p.consent_timeout = milliseconds{30'000};
  return p;
}

/// pion/ice: every 200 ms each pair gets its next request, up to 7; reflexive pairs are accepted after 500 ms (peer-
/// reflexive ones there after 1 s, which is one wait here), relayed ones after 2 s.
Policy pion() {
  Policy p = ice();
  p.name = "pion";
  p.acceptance_wait_reflexive = milliseconds{500};
  p.acceptance_wait_relayed = milliseconds{2'000};
  p.pacing = p.rto = milliseconds{200};
  p.linear_rto = true;
  p.max_transmissions = 7;
  p.last_wait_factor = 1;
  return p;
}

}  // namespace

std::span<const Policy> policy_presets() {
  static const std::array presets{relay_first(), ice(), libwebrtc(), libnice(), libjuice(), pion()};
  return presets;
}

Opener opener_of(const Policy& policy) {
  if (policy.opener_ttl != 0) return {policy.opener_ttl, policy.opener_lead};
  for (const auto* technique : policy.techniques)
    if (technique != nullptr && technique->opener().ttl != 0) return technique->opener();
  return {};
}

const Policy* find_policy(std::string_view name) {
  for (const auto& policy : policy_presets())
    if (policy.name == name) return &policy;
  return nullptr;
}

}  // namespace punchlab
