#include "sim/explain/sentence.hpp"

#include <fmt/format.h>

#include "sim/explain/evidence.hpp"
#include "sim/explain/words.hpp"

namespace punchlab::explain {
namespace {

using results::Outcome;
using trial::Finding;
using trial::HostId;
using trial::ReasonCode;

HostId other(HostId side) { return side == HostId::client ? HostId::connector : HostId::client; }

std::string packets(std::uint32_t n) { return n == 1 ? "a packet" : fmt::format("{} packets", n); }

/// The NAT whose mapping varies for a side; where its table is hidden, by whose it is.
std::string varying_nat(const Recording& r, HostId side) {
  const auto place = varying_gateway(r, side);
  return place ? name_of(r, place->side, place->gateway) : name_of(side) + "'s NAT";
}

/// Both mappings vary, and nothing filters.
std::string of_crossed_answers(const Recording& r, const Finding& f) {
  const auto peer = other(f.side);
  const auto nat = varying_nat(r, f.side);
  return fmt::format(
      "{}: packets of the {} came from {} to {}, but what the {} sent there left from {}, "
      "where the {} had sent nothing, and so on, both ways: no answer came from where its packet had gone",
      nat == varying_nat(r, peer) ? fmt::format("the {}'s mappings vary for both sides", nat)
                                  : std::string("both NATs' mappings vary"),
      name_of(peer), f.destination.to_string(), f.expected.to_string(), name_of(f.side), f.observed.to_string(),
      name_of(peer));
}

/// Of packets that were not let in: what went out to where they came from, "never sent", "not yet sent".
const char* never(const Recording& r) { return r.record.outcome == Outcome::direct ? "not yet" : "never"; }

/// Whose packets left from elsewhere than the relay had seen.
std::string of_a_mapping(const Recording& r, const Finding& f) {
  const auto peer = other(f.side);
  const auto dropped = fmt::format("the {} dropped {}", name_of(r, f.dropped_by, f.gateway), packets(f.packets));
  if (f.code == ReasonCode::clash && f.observed.port == 0)
    return fmt::format(
        "a packet of the {} reached the {} before the {} had sent its own, and connection tracking kept "
        "it: the {}'s own packets could not leave any more",
        name_of(peer), name_of(r, f.side, f.gateway), name_of(f.side), name_of(f.side));
  if (f.code == ReasonCode::clash)
    return fmt::format(
        "a packet of the {} reached the {}'s NAT before the {} had sent its own, and connection tracking kept it: "
        "the {}'s packets then left from {} instead of {}, and {}",
        name_of(peer), name_of(f.side), name_of(f.side), name_of(f.side), f.observed.to_string(),
        f.expected.to_string(), dropped);
  if (f.packets == 0) return of_crossed_answers(r, f);
  const auto sent = last_sent(r, f).to_port;
  const auto whereto =
      sent ? fmt::format("had last sent at {} ms, which its filter had forgotten", milliseconds(r, *sent))
           : fmt::format("had {} sent", never(r));
  return fmt::format(
      "the {} mapping varies: the relay sees the {} at {}, but its packets to the {} came from {}, where the {} {}, so "
      "{}",
      varying_nat(r, f.side), name_of(f.side), f.expected.to_string(), name_of(peer), f.observed.to_string(),
      name_of(peer), whereto, dropped);
}

/// What the receiver had sent to where dropped packets came from.
std::string of_a_filter(const Recording& r, const Finding& f) {
  const auto receiver = f.side == HostId::shared ? "other peer" : name_of(f.side);
  const bool by_port = f.code == ReasonCode::filtered_by_port;
  const auto sent = last_sent(r, f);
  if (const auto last = by_port ? sent.to_port : sent.to_address)
    return fmt::format("from there the {} had last sent to that {} at {} ms, which the filter had forgotten", receiver,
                       by_port ? "port" : "address", milliseconds(r, *last));
  return by_port ? fmt::format("from there the {} had sent to that address, but {} to that port", receiver, never(r))
                 : fmt::format("from there the {} had {} sent to that address", receiver, never(r));
}

std::string of_hairpinning(const Recording& r, const Finding& f) {
  if (f.observed.port != 0)
    return fmt::format(
        "the shared network's gateway sends packets back inside with their inside address {} instead of {} "
        "(hairpinning internal-source), and the {} dropped {}",
        f.observed.to_string(), f.expected.to_string(), name_of(r, f.dropped_by, f.gateway), packets(f.packets));
  return fmt::format("the {} does not send what is for its own public address {} back inside (no hairpinning)",
                     name_of(r, f.side, f.gateway), f.destination.to_string());
}

std::string why(const Recording& r, const Finding& f) {
  const auto gateway = "the " + name_of(r, f.dropped_by, f.gateway);
  const auto dropped = fmt::format("{} dropped {} from {} to {}", gateway, packets(f.packets), f.source.to_string(),
                                   f.destination.to_string());
  switch (f.code) {
    case ReasonCode::none:
      return r.record.outcome == Outcome::direct ? "" : fmt::format("of {} (docs/reasons.md)", r.record.reason);
    case ReasonCode::claim_contradicts_world:
      return "an agent claimed a path that its packets did not take, which is a bug";
    case ReasonCode::udp_blocked:
      return gateway + " lets no UDP through";
    case ReasonCode::port_exhausted:
      return fmt::format("{} had no port, or no room for one more mapping, for {} to {}", gateway, f.source.to_string(),
                         f.destination.to_string());
    case ReasonCode::hairpin_missing:
      return of_hairpinning(r, f);
    case ReasonCode::clash:
    case ReasonCode::mapping_varies:
      return of_a_mapping(r, f);
    case ReasonCode::filtered_by_port:
    case ReasonCode::filtered_by_address:
      return fmt::format("{}: {}", dropped, of_a_filter(r, f));
    case ReasonCode::mapping_expired:
      return dropped + ": the mapping was gone";
    case ReasonCode::machine_late:
      return fmt::format("the machine that ran the lab was late with packets and timers for {}, which no network did",
                         duration(f.late));
    case ReasonCode::lost:
      return fmt::format("links lost {}, the first at {} ms from {} to {}{}", packets(f.packets), milliseconds(r, f.at),
                         f.source.to_string(), f.destination.to_string(),
                         r.record.outcome == Outcome::direct ? "" : "; no gateway stood in the way for good");
    case ReasonCode::too_late:
      return fmt::format(
          "no packet but application data was lost, none dropped for good, but no direct path stood before the trial "
          "ended at {}",
          duration(r.record.finished - (r.origin - kTimeOrigin)));
    case ReasonCode::waited:
      return "no packet but application data was lost until then, and none dropped for good or twice: timers of the "
             "policy, jitter or queues took the time";
  }
  return {};
}

}  // namespace

std::string sentence(const Recording& r) {
  const auto reason = why(r, r.finding);
  if (r.record.outcome != Outcome::direct)
    return fmt::format("{}, because {}.", r.record.outcome == Outcome::relayed ? "Relayed" : "Failed", reason);
  const auto taken = duration(r.record.time_to_direct.value_or(Duration{0}));
  if (!reason.empty())
    return fmt::format("Direct, but only after {} where the links allow {}: {}.", taken,
                       duration(r.record.least_time_to_direct.value_or(Duration{0})), reason);
  return fmt::format("Direct after {}: from then on both peers sent to each other without the relay.", taken);
}

}  // namespace punchlab::explain
