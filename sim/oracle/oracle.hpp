#pragma once
// The reference model: says from the axes alone whether two peers behind two chains of gateways must, may or cannot
// connect directly. It shares no code with NatBox, no ICE agent and no link; docs/oracle.md derives its rule.
#include "results/record/record.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::oracle {

using results::Prediction;

/// What on one side stands against a direct path.
enum class Obstacle : std::uint8_t {
  none,
  mapping_varies,       ///< the peer sees another address or port than the relay saw
  filtered_by_port,     ///< the peer's packets come from a port that was not sent to
  filtered_by_address,  ///< they come from an address that was not sent to
  hairpin_missing,      ///< a shared gateway does not turn them back, or not with the address that was sent to
  too_many_mappings,    ///< limits or ports may run out
  udp_blocked,
};
/// "mapping-varies", "filtered-by-port", ...; empty for `none`.
const char* name_of(Obstacle obstacle);

struct Verdict {
  Prediction prediction = Prediction::direct;
  Obstacle client = Obstacle::none;  ///< unless `prediction` is direct
  Obstacle connector = Obstacle::none;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Mappings that live shorter than this may be gone before the punch is over; longer ones are taken to last.
inline constexpr Duration kPunchTime = std::chrono::seconds{10};

/// By what agents try to reach the relay: UDP, TCP to a port other than 443, TLS on 443; and whether they try each
/// other's own addresses.
struct Ways {
  bool udp = true;
  bool tcp = true;
  bool tls = true;
  bool host_candidates = true;
};

/// Both chains from the host outwards; each side has its own gateways.
Verdict predict(const nat::Chain& client, const nat::Chain& connector, const Ways& ways = {});
/// Both sides' own chains end in one network, which stands behind the gateways `shared`, from the peers outwards.
Verdict predict(const nat::Chain& client, const nat::Chain& connector, const nat::Chain& shared, const Ways& ways);

}  // namespace punchlab::oracle
