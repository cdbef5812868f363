#pragma once
// Why a trial did not become direct, or became so late: the fixed list that docs/reasons.md explains.
#include <array>
#include <string_view>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"
#include "sim/trial/topology.hpp"

namespace punchlab::trial {

/// From what hinders most to what hinders least: of several, the first names the trial.
enum class ReasonCode : std::uint8_t {
  none,
  claim_contradicts_world,
  udp_blocked,
  port_exhausted,
  hairpin_missing,
  clash,
  mapping_varies,
  filtered_by_port,
  filtered_by_address,
  mapping_expired,
  machine_late,
  lost,
  too_late,
  waited,
};

/// As results spell them; empty for `none`.
inline constexpr std::array<std::string_view, 14> kReasonNames{"",
                                                               "claim-contradicts-world",
                                                               "udp-blocked",
                                                               "port-exhausted",
                                                               "hairpin-missing",
                                                               "clash",
                                                               "mapping-varies",
                                                               "filtered-by-port",
                                                               "filtered-by-address",
                                                               "mapping-expired",
                                                               "machine-late",
                                                               "lost",
                                                               "too-late",
                                                               "waited"};
constexpr std::string_view name_of(ReasonCode code) { return kReasonNames[static_cast<std::size_t>(code)]; }

/// A reason with what was seen of it.
struct Finding {
  ReasonCode code = ReasonCode::none;
  HostId side =
      HostId::client;  ///< whose gateways or links hinder: for `clash` and `mapping_varies` the side seen as another
  std::uint8_t gateway = 0;     ///< that dropped, of `dropped_by`: the other side for those two, or the shared network
  TransportAddress observed{};  ///< of `clash` and `mapping_varies`: where the side's packets came from; of
                                ///< `hairpin_missing`, when they were sent back with their inside address: that
  TransportAddress expected{};  ///< where the relay saw it
  TransportAddress source{};    ///< of the dropped packet, as it reached the gateway
  TransportAddress destination{};      ///< the same
  Time at{};                           ///< of the first such packet
  std::uint32_t packets = 0;           ///< so many
  HostId dropped_by = HostId::client;  ///< whose gateway that was
  Duration late{0};  ///< of `machine_late`: for how long something was overdue before the trial was direct
  friend bool operator==(const Finding&, const Finding&) = default;
};

/// A direct trial is slow when it took more than this many percent of what its links allow.
inline constexpr int kSlowPercent = 110;
/// It is the machine's fault when something was overdue for at least this many percent of what was too much.
inline constexpr int kLatePercent = 50;

}  // namespace punchlab::trial
